import { AppShell } from "./app_shell/app_shell.js";

const worker = /** @type {any} */ (globalThis);
const shell = new AppShell(SHELL, worker);

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(shell.install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(shell.activate()));
worker.addEventListener("fetch", (/** @type {any} */ event) => shell.answer(event));
