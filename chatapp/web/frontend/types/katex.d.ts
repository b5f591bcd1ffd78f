import type { KatexOptions } from "katex";

declare module "katex" {
  /** What KaTeX makes of a formula before it makes nodes of that. */
  export interface Part {
    children?: Part[];
    attributes?: Record<string, string>;
    toNode(): Node;
  }

  export function __renderToDomTree(formula: string, options: KatexOptions): Part;
}
