/** What the ban daemon is told: a file of YAML and the command line, with the same names. */
export { ConfigError, type Given, readConfig } from "./config.ts";
export { engineSettings } from "./engine_settings.ts";
export { type Config, describeOptions, isOption, type OptionName, OPTIONS } from "./options.ts";
