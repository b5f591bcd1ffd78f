/** What the server puts into the script that opens the chat page offline: addresses. */
declare const SHELL: { page: string; files: string[] };
