/** Which of several an option names. */

/** @throws TypeError that says which there are */
export function chosen<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  name: unknown,
): Name {
  if (typeof name === "string" && Object.hasOwn(table, name)) return name as Name;
  throw new TypeError(
    `Cannot start the implementation "${name}": there is no such; ` +
      `set the option "implementation" to one of ${Object.keys(table).join(", ")}`,
  );
}
