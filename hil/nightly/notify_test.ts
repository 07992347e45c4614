import assert from "node:assert/strict";
import { ms, seconds, timer } from "../time/mod.ts";
import { isFor, type News, type Notifier, notify, webhookOf } from "./notify.ts";

const NEWS: News = {
  subject: "[hil] lab: 1 failed; $(touch pwned) {html}",
  texts: { text: "text", markdown: "markdown", html: "html", json: "{}", mail: "mail" },
  files: {
    ...{ text: "/n/summary.txt", markdown: "/n/summary.md", html: "/n/a b.html" },
    ...{ json: "/n/night.json", junit: "/n/junit.xml" },
  },
  exitCode: 1,
  before: 1,
};

function notifier(command: readonly string[], more: Partial<Notifier> = {}): Notifier {
  const usual = { input: "text", when: "always", limit: seconds(60) } as const;
  return { name: "test", command, ...usual, ...more };
}

/** Runs notifiers in a folder of their own and gives what they left in "out" there. */
async function tell(
  notifiers: readonly Notifier[],
  { news = NEWS, stopWhenOut = false } = {},
) {
  const root = await Deno.makeTempDir({ prefix: "hil-notify-" });
  const said: string[] = [];
  const controller = new AbortController();
  const read = () => Deno.readTextFile(`${root}/out`).catch(() => "");
  try {
    const say = (text: string) => void said.push(text);
    const work = notify(notifiers, news, { root, stopped: controller.signal, say });
    if (stopWhenOut) {
      await until(async () => await read() !== "");
      controller.abort();
    }
    const problems = await work;
    const names = [...Deno.readDirSync(root)].map(({ name }) => name);
    return { problems, out: await read(), said, names };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Asks until it is so. */
async function until(probe: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 5000; round++) {
    if (await probe()) return;
    await new Promise<void>((resolve) => timer(ms(5), resolve));
  }
  assert.fail("it never came to that");
}

/** Until a process has ended, be it that nobody has asked for its exit code. */
function gone(pid: string): Promise<void> {
  assert.match(pid, /^\d+$/);
  return until(async () => {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
    return stat === undefined || / Z /.test(stat);
  });
}

Deno.test("a program has the summary on its input, and words and files by their placeholders", async () => {
  const print = `cat > out; printf '<%s>' "$@" "$HIL_NIGHT_JUNIT" "$HIL_NIGHT_EXIT_CODE" >> out`;
  const { problems, out, names } = await tell([
    notifier(["sh", "-c", print, "sh", "{subject}", "@{html}", "{code}{code}", "{none}"], {
      input: "markdown",
    }),
  ]);
  assert.deepEqual(problems, []);
  // The subject is one word, whatever is in it; and is not looked into again.
  assert.equal(
    out,
    `markdown<${NEWS.subject}><@/n/a b.html><11><{none}></n/junit.xml><1>`,
  );
  assert.deepEqual(names, ["out"], "no shell has looked at it");
});

Deno.test("each kind of input is what it says", async () => {
  for (const input of ["text", "html", "json", "mail"] as const) {
    const { out } = await tell([notifier(["sh", "-c", "cat > out"], { input })]);
    assert.equal(out, NEWS.texts[input]);
  }
});

Deno.test("what a notifier does wrong is told, each by its name, and the next one is run", async () => {
  const { problems, out } = await tell([
    notifier(["hil-has-no-such-program"], { name: "none" }),
    notifier(["sh", "-c", "echo no route >&2; exit 3"], { name: "broken" }),
    notifier(["sh", "-c", "kill -9 $$"], { name: "killed" }),
    notifier(["sh", "-c", "echo told > out"]),
  ]);
  const hand = (command: string) => `; try it by hand: ${command}`;
  assert.deepEqual(problems, [
    'Cannot notify by "none": there is no program "hil-has-no-such-program"' +
    hand('["hil-has-no-such-program"]'),
    'Cannot notify by "broken": it ended with code 3 and said "no route"' +
    hand('["sh","-c","echo no route >&2; exit 3"]'),
    'Cannot notify by "killed": it was killed by SIGKILL' + hand('["sh","-c","kill -9 $$"]'),
  ]);
  assert.equal(out, "told\n");
});

Deno.test("one that hangs is ended when its time is over", async () => {
  const { problems } = await tell([notifier(["sleep", "1000"], { limit: ms(50) })]);
  assert.match(problems.join(), /it has not ended within 50 ms and was killed;/);
});

Deno.test("a program that reads nothing of a long summary is no fault", async () => {
  const news = { ...NEWS, texts: { ...NEWS.texts, text: "x".repeat(1e6) } };
  assert.deepEqual((await tell([notifier(["true"])], { news })).problems, []);
});

Deno.test("a webhook is a program too: curl posts the summary as JSON, and tells a refusal", async () => {
  const got: unknown[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      got.push([
        request.method,
        pathname,
        request.headers.get("content-type"),
        await request.text(),
      ]);
      return new Response("", { status: pathname === "/hook" ? 200 : 403 });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { problems } = await tell([webhookOf(`${url}/hook`), webhookOf(`${url}/no`)]);
  assert.deepEqual(got[0], ["POST", "/hook", "application/json", "{}"]);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /^Cannot notify by "webhook": it ended with code 22 and said ".*403/);
});

Deno.test("when nobody wants to wait, what runs is ended with all that it has started", async () => {
  const { problems, out } = await tell([
    notifier(["sh", "-c", "sleep 1000 & echo $! > part; mv part out; wait"], { name: "slow" }),
    notifier(["sh", "-c", "echo told > out"], { name: "next" }),
  ], { stopWhenOut: true });
  await gone(out.trim());
  assert.equal(problems.length, 2);
  assert.match(problems[0]!, /"slow": the night was ended/);
  assert.match(problems[1]!, /"next": the night was ended; send it by hand/);
});

Deno.test("trouble is what is not well; a change is another exit code than last night's", () => {
  const of = (when: Notifier["when"], exitCode: number, before?: number) =>
    isFor(notifier(["x"], { when }), { ...NEWS, exitCode, before });
  assert.deepEqual([of("always", 0, 0), of("trouble", 0, 1), of("trouble", 4, 4)], [
    ...[true, false, true],
  ]);
  assert.deepEqual([of("change", 1, 1), of("change", 0, 1), of("change", 0)], [false, true, true]);
});
