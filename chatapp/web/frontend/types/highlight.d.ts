declare module "@highlightjs/cdn-assets/es/core.min.js" {
  /** Is told what is found in code, in its order. */
  export interface Emitter {
    addText(text: string): void;
    openNode(scope: string): void;
    closeNode(): void;
    startScope(scope: string): void;
    endScope(): void;
    finalize(): void;
    toHTML(): string;
  }

  export interface Highlighter<Emitted extends Emitter> {
    configure(options: { __emitter: new () => Emitted }): void;
    registerLanguage(name: string, grammar: unknown): void;
    getLanguage(name: string): unknown;
    highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { _emitter: Emitted };
  }

  export function newInstance<Emitted extends Emitter>(): Highlighter<Emitted>;
  const usual: { newInstance: typeof newInstance };
  export default usual;
}

declare module "@highlightjs/cdn-assets/es/languages/*.min.js" {
  const grammar: unknown;
  export default grammar;
}
