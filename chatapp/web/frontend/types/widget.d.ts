/**
 * What the server puts into the widget's script. `words` are what is said in that language. `chat`, `markdownStyles` and
 * `problems` are addresses that begin where the script's does; English needs no `problems`, which is "" then.
 */
declare const PARTS: {
  styles: string;
  chat: string;
  markdownStyles: string;
  problems: string;
  language: string;
  words: Record<string, unknown>;
  markup: string;
};
