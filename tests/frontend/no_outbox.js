/** Remembers nothing of what is on its way. */
export class NoOutbox {
  onSending() {}
  onArrived() {}
  onUnsent() {}
  onStopped() {}
  unfinished() {}
}
