/**
 * Ctrl-C for code that never ends and never waits: what it runs in hears nothing then. Another thread
 * listens beside it; it cannot stop the code, but it can end the process, in order.
 */

/** Ctrl-C twice ends this process from now on, also while its own thread does not come to hear it. */
export async function startGuard(folder: string): Promise<Disposable> {
  const worker = new Worker(new URL("./guard_worker.ts", import.meta.url), { type: "module" });
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot listen for Ctrl-C: ${event.message}`));
    };
    worker.postMessage({ folder });
  });
  // Asked at each Ctrl-C whether this thread hears it itself.
  worker.onmessage = () => worker.postMessage("alive");
  return { [Symbol.dispose]: () => worker.terminate() };
}
