/** Whether the browser knows that it has no network; where it says nothing, there may be one. */
export function saysOffline() {
  return globalThis.navigator?.onLine === false;
}
