/**
 * What the server puts into the widget's script. `chat` is an address that begins where the script's does; `words` are what
 * is said in that language.
 */
declare const PARTS: {
  styles: string;
  chat: string;
  language: string;
  words: Record<string, unknown>;
  markup: string;
};
