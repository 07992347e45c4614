/** The target "jssip" of the role "agents": JsSIP's user agents without a browser, beside the PBX. */
import { defineTarget, seconds, type TargetContext } from "hil";
import { LineSplitter } from "hil/drivers/container/mod.ts";
import { withLimit } from "hil/time/mod.ts";
import { type PbxHost, pbxLabOf, type PbxWeb } from "sims/pbx/mod.ts";
import type { Agent, AgentOptions, Agents, CallState, RegistrationState, Within } from "../port.ts";
import type { AgentAnswer, AgentCommand, UntilKey } from "./_agent_words.ts";

const MAIN = new URL("./_agent_process.ts", import.meta.url).pathname;
const ANSWER_LIMIT = seconds(20);

export default defineTarget<Agents>({
  title: "JsSIP's user agents without a browser",
  offers: [],
  // What it needs the PBX needs too.
  availability: () => ({ ok: true }),
  async start(context): Promise<Agents> {
    const lab = pbxLabOf(context.timeline);
    if (lab.type !== "real" || !lab.web) {
      throw new Error(
        `Cannot start agents at role "pbx": it has no web server; ask for one by webPbx(…)`,
      );
    }
    const agents = new JssipAgents(context, lab.web, lab.web.host("lan"));
    await agents.start();
    return agents;
  },
});

type Command = AgentCommand extends infer One ? One extends unknown ? Omit<One, "id"> : never
  : never;

class JssipAgents implements Agents {
  readonly #waits = new Map<number, (answer: AgentAnswer) => void>();
  #asked = 0;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor(
    private readonly context: TargetContext,
    readonly web: PbxWeb,
    private readonly host: PbxHost,
  ) {}

  async start(): Promise<void> {
    const { tempDir, defer } = this.context;
    const authority = `${tempDir}/authority.pem`;
    await Deno.writeTextFile(authority, this.web.authority);
    const args = ["run", "--no-check", "--no-prompt", "--allow-net", "--allow-env", "--allow-read"];
    const command = this.host.command(Deno.execPath(), [...args, "--cert", authority, MAIN], {
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    });
    const child = command.spawn();
    this.#input = child.stdin.getWriter();
    const reading = Promise.all([this.#answers(child.stdout), this.#complaints(child.stderr)]);
    defer("end JsSIP's agents", async () => {
      await this.#input!.close().catch(() => {}); // It has ended by itself.
      await child.status;
      await reading;
    });
  }

  async agent(user: string, options: AgentOptions = {}): Promise<Agent> {
    const { password = this.web.phones[user] ?? "", answer = true, expiresS } = options;
    // By the address, which the certificate has too: names are for browsers.
    const server = `wss://${this.web.address}${this.web.path}`;
    const account = { user, password, server, domain: this.web.name, answer, expiresS };
    await this.ask({ type: "open", user, options: account });
    return new JssipAgent(this, user);
  }

  /** @throws Error with what the agent says */
  async ask(command: Command, limit = ANSWER_LIMIT): Promise<AgentAnswer> {
    const id = this.#asked++;
    const answered = Promise.withResolvers<AgentAnswer>();
    this.#waits.set(id, answered.resolve);
    await this.#input!.write(new TextEncoder().encode(`${JSON.stringify({ id, ...command })}\n`));
    const answer = await withLimit(answered.promise, limit, () => {
      throw new Error(`Cannot ask the agent of "${command.user}": it says nothing within ${limit}`);
    });
    if (answer.message !== undefined) throw new Error(answer.message);
    return answer;
  }

  async #answers(output: ReadableStream<Uint8Array>): Promise<void> {
    await eachLine(output, (line) => {
      const answer = JSON.parse(line) as AgentAnswer;
      this.#waits.get(answer.id)?.(answer);
      this.#waits.delete(answer.id);
    });
  }

  async #complaints(output: ReadableStream<Uint8Array>): Promise<void> {
    const { timeline } = this.context;
    await eachLine(output, (text) => timeline.record({ type: "log", level: "warn", text }));
  }
}

class JssipAgent implements Agent {
  constructor(private readonly agents: JssipAgents, readonly user: string) {}

  async register(): Promise<void> {
    await this.agents.ask({ type: "register", user: this.user });
  }

  async unregister(): Promise<void> {
    await this.agents.ask({ type: "unregister", user: this.user });
  }

  async call(target: string): Promise<void> {
    await this.agents.ask({ type: "call", user: this.user, target });
  }

  async hangUp(): Promise<void> {
    await this.agents.ask({ type: "hang up", user: this.user });
  }

  untilRegistration(state: RegistrationState, options: Within): Promise<readonly string[]> {
    return this.#until("registration", state, options);
  }

  untilCall(state: CallState, options: Within): Promise<readonly string[]> {
    return this.#until("call", state, options);
  }

  async #until(key: UntilKey, value: string, { within }: Within): Promise<readonly string[]> {
    const withinS = within.ms / 1000;
    const command = { type: "until", user: this.user, key, value, withinS } as const;
    const { state } = await this.agents.ask(command, seconds(withinS + 5));
    const failures = [state?.callFailure, state?.registrationFailure];
    return failures.flatMap((failure) => failure ? [failure.code] : []);
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  const lines = new LineSplitter();
  for await (const bytes of stream) lines.push(bytes).forEach(take);
}
