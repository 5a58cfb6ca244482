// What the Projects window can show.

import type { View } from "../backend/generated/View";

export const VIEWS: readonly { name: View; title: string }[] = [
  { name: "projects", title: "Projects" },
  { name: "settings", title: "Settings" },
];
