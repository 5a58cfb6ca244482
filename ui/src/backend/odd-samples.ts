// Names and contents that windows have to bear.

import type { Hit } from "./generated/Hit";
import type { ProjectStatus } from "./generated/ProjectStatus";
import { MINUTE, hit, project } from "./samples";

/** Names and contents that try to be something else than text. */
export const MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>";
export const HOSTILE: ProjectStatus[] = [
  project(MARKUP, {
    root: `/home/ada/${MARKUP}`,
    freshness: "Failing",
    notice: `\u202e${MARKUP}`,
    error: {
      cause: MARKUP,
      message: `${MARKUP} \u202ecannot be read\u0000.`,
      first_at: new Date(Date.now() - MINUTE).toISOString(),
      attempts: 2,
      next_retry: null,
    },
  }),
  project("\u202egnp.exe \u2066مشروع\u2069"),
  project("a".repeat(3_000)),
];

export const HOSTILE_HITS: Hit[] = [
  hit(MARKUP, `src/${MARKUP}.rs`, 1, `let page = "${MARKUP}";`, {
    kind: MARKUP,
    symbol: MARKUP,
  }),
  hit(MARKUP, "src/\u202egnp.exe", 2, "\u202ereverse \u2066me\u2069 \u200b\u0007\u001b[31m bell"),
  hit(MARKUP, `${"deep/".repeat(400)}end.rs`, 3, `e${"x".repeat(100_000)}e`),
  hit(MARKUP, "e\u0301".repeat(200), 4, "\u0301".repeat(5_000) + "e"),
  hit(MARKUP, "שלום/עולם.rs", 5, 'let שם = "ערך"; // הערה e'),
];

/** Names as long as people really give them. */
export const LONG = "enterprise-customer-relationship-billing-and-invoicing-service-monorepo";
export const LONG_PROJECTS: ProjectStatus[] = [
  project(LONG, { root: `/home/ada/work/clients/2026/${LONG}/checkouts/main-with-submodules` }),
];
export const LONG_HITS: Hit[] = [
  hit(
    LONG,
    `services/${LONG}/src/main/java/com/example/enterprise/billing/invoices/AbstractDebouncedInvoiceReconciliationStrategyFactoryBean.java`,
    1_024,
    "public abstract class AbstractDebouncedInvoiceReconciliationStrategyFactoryBean<T extends InvoiceReconciliationStrategy> extends AbstractFactoryBean<T> {",
    {
      kind: "class",
      symbol: "AbstractDebouncedInvoiceReconciliationStrategyFactoryBean",
      lang: "java",
      lanes: ["symbols", "text", "meaning"],
      stale: true,
    },
  ),
];
