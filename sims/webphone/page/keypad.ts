/** The keypad: digits to dial, or tones in a call; by mouse, and by the keyboard outside of fields. */
import { button, byId, field } from "./dom.ts";

/** @param sendTone gives whether there is a call to send it in */
export function listenForKeys(sendTone: (key: string) => boolean): void {
  const number = field("number");
  const keys = new Map<string, HTMLButtonElement>();
  const press = (key: string) => {
    if (!sendTone(key) && !byId("dial", HTMLFormElement).hidden) number.value += key;
  };
  for (const each of byId("keypad", HTMLDivElement).querySelectorAll("button")) {
    const key = each.dataset.key!;
    keys.set(key, each);
    each.addEventListener("click", () => press(key));
  }
  button("erase").addEventListener("click", () => {
    number.value = number.value.slice(0, -1);
    number.focus();
  });
  document.addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
    const isTyping = target instanceof Element && target.matches("input, select, textarea");
    if (!isTyping && !ctrlKey && !metaKey && !altKey && keys.has(key)) press(key);
  });
}
