/**
 * The account: from the page's address, from the form, or from last time. The password is never
 * kept; what stands in for it at one realm is, for as long as the tab lives, so that a reload
 * registers again.
 */
import { button, byId, field } from "./dom.ts";
import { type Parameters, readParameters, withoutPassword } from "./parameters.ts";

/** Without password. */
const ACCOUNT_KEY = "webphone.account";
/** Of the tab. */
const SECRET_KEY = "webphone.secret";

export interface FormAccount extends Parameters {
  readonly server: string;
  readonly user: string;
  readonly secret?: { readonly realm: string; readonly ha1: string };
}

interface Secret {
  readonly realm: string;
  readonly ha1: string;
  /** Whose it is. */
  readonly of: string;
}

export class AccountForm {
  readonly #parameters: Parameters;
  readonly #fields = {
    server: field("server"),
    user: field("user"),
    password: field("password"),
    domain: field("domain"),
    displayName: field("display-name"),
  };
  readonly #autoAnswer = field("auto-answer");
  readonly #box = byId("account-box", HTMLDetailsElement);

  constructor() {
    this.#parameters = readParameters(location.search, location.hash);
    const clean = withoutPassword(location.href);
    if (clean) history.replaceState(history.state, "", clean);
    const known: Parameters = { server: defaultServer(), ...kept(), ...given(this.#parameters) };
    for (const name of ["server", "user", "password", "domain", "displayName"] as const) {
      this.#fields[name].value = known[name] ?? "";
    }
    this.#autoAnswer.checked = known.autoAnswer ?? false;
  }

  /** Whether the page registers without being asked: the address says so, or it was before a reload. */
  get registersAtOnce(): boolean {
    if (this.#parameters.register !== undefined) return this.#parameters.register;
    return this.#secret() !== undefined;
  }

  get autoAnswer(): boolean {
    return this.#autoAnswer.checked;
  }

  /** @param work is given the account when it is whole */
  onRegister(work: (account: FormAccount) => void): void {
    byId("account", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const missing = [this.#fields.server, this.#fields.user].find(({ value }) => !value.trim());
      if (missing) missing.focus();
      else work(this.read());
    });
  }

  onUnregister(work: () => void): void {
    button("unregister").addEventListener("click", () => {
      sessionStorage.removeItem(SECRET_KEY);
      work();
    });
  }

  onAutoAnswer(work: (on: boolean) => void): void {
    this.#autoAnswer.addEventListener("change", () => {
      this.#keep();
      work(this.autoAnswer);
    });
  }

  read(): FormAccount {
    this.#keep();
    const { keepAliveS, expiresS } = this.#parameters;
    const typed = this.#typed();
    const password = this.#fields.password.value;
    const secret = password ? undefined : this.#secret();
    return { ...typed, password, secret, keepAliveS, expiresS };
  }

  /** Registered: the form may go, and a reload needs no password. */
  registered(secret: { readonly realm: string; readonly ha1: string } | undefined): void {
    if (secret) {
      const value: Secret = { ...secret, of: this.#owner() };
      sessionStorage.setItem(SECRET_KEY, JSON.stringify(value));
    }
    this.#fields.password.value = "";
    this.#box.open = false;
  }

  /** Something is wrong with it. */
  open(): void {
    this.#box.open = true;
  }

  #typed() {
    const { server, user, domain, displayName } = this.#fields;
    return {
      server: server.value.trim(),
      user: user.value.trim(),
      domain: domain.value.trim() || undefined,
      displayName: displayName.value.trim() || undefined,
      autoAnswer: this.autoAnswer,
    };
  }

  #keep(): void {
    localStorage.setItem(ACCOUNT_KEY, JSON.stringify(this.#typed()));
  }

  #owner(): string {
    const { server, user, domain } = this.#typed();
    return JSON.stringify([server, user, domain]);
  }

  #secret(): FormAccount["secret"] {
    const secret = stored<Secret>(sessionStorage, SECRET_KEY);
    if (secret?.of !== this.#owner()) return undefined;
    return { realm: secret.realm, ha1: secret.ha1 };
  }
}

/** Where the proxy of this project has it, beside the page. */
function defaultServer(): string | undefined {
  return location.protocol === "https:" ? `wss://${location.host}/pbxws` : undefined;
}

function kept(): Parameters {
  return given(stored<Parameters>(localStorage, ACCOUNT_KEY) ?? {});
}

function given(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

/** What nobody can read any more is as good as nothing. */
export function stored<T>(storage: Storage, key: string): T | undefined {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
