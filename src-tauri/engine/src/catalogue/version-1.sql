-- A catalogue as the first version wrote it; it must open for ever.
BEGIN;
CREATE TABLE project (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    root TEXT NOT NULL UNIQUE,
    pinned INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    last_searched TEXT,
    last_indexed TEXT,
    files INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO project VALUES (
    '0199a0c0ffee7000800000000000beef', 'linux', '/src/linux', 1, 0,
    '2026-02-03T04:05:06Z', '2026-02-03T04:00:00Z', 78500, 1200000, 12, 380000000
);
PRAGMA user_version = 1;
COMMIT;
