// What the Projects window can show.

export type View = "projects" | "settings";

export const VIEWS: readonly { name: View; title: string }[] = [
  { name: "projects", title: "Projects" },
  { name: "settings", title: "Settings" },
];
