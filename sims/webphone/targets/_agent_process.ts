/**
 * JsSIP's user agents in a process of their own, in a namespace of a lab: commands come in as lines of
 * JSON, answers and states go out so.
 */
import { LineSplitter } from "hil/drivers/container/mod.ts";
import { type Duration, seconds } from "hil/time/mod.ts";
import { HeadlessPhone } from "../headless.ts";
import type { AgentAnswer, AgentCommand } from "./_agent_words.ts";

const agents = new Map<string, HeadlessPhone>();

function agentOf(user: string): HeadlessPhone {
  const agent = agents.get(user);
  if (agent) return agent;
  throw new Error(`Cannot use the agent of "${user}": there is none; open it first`);
}

async function perform(command: AgentCommand): Promise<void> {
  const { user } = command;
  if (command.type === "open") return void agents.set(user, new HeadlessPhone(command.options));
  const agent = agentOf(user);
  if (command.type === "register") return agent.register();
  if (command.type === "unregister") return agent.unregister();
  if (command.type === "answer") return agent.answer();
  if (command.type === "hang up") return agent.hangUp();
  if (command.type === "call") return agent.call(command.target);
  if (command.type === "until") {
    const { key, value, withinS } = command;
    const within: Duration = seconds(withinS);
    return void await agent.until((state) => state[key] === value, within);
  }
  agents.delete(user);
  agent.close();
}

async function take(line: string): Promise<void> {
  const command = JSON.parse(line) as AgentCommand;
  let message: string | undefined;
  try {
    await perform(command);
  } catch (error) {
    message = (error as Error).message;
  }
  const answer: AgentAnswer = {
    id: command.id,
    state: agents.get(command.user)?.state,
    message,
  };
  console.log(JSON.stringify(answer));
}

if (import.meta.main) {
  const lines = new LineSplitter();
  for await (const bytes of Deno.stdin.readable) {
    for (const line of lines.push(bytes)) void take(line);
  }
  Deno.exit();
}
