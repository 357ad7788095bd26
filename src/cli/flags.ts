import { parseArgs } from 'node:util';

/** A mistake that the user of the command can correct: exit code 2. Its message is one line and quotes no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options of a command; none of them is mandatory as far as the parser knows. */
export type CommandOptions = Readonly<Record<string, CommandOption>>;

interface CommandOption {
  readonly type: 'string' | 'boolean';
  /** The value of one that takes text and may stand alone. */
  readonly alone?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: true;
}

/** The values given for them. */
export type CommandValues<O extends CommandOptions> = {
  readonly [K in keyof O]:
    | (O[K]['type'] extends 'boolean' ? boolean : O[K] extends { multiple: true } ? readonly string[] : string)
    | undefined;
};

/** The definition of a command, in its file. */
export interface CommandDefinition<O extends CommandOptions> {
  /** The output of `--help`: usage, options, examples. */
  readonly help: string;
  readonly options: O;
  /** Whether anything but options may follow the command's name. Default `false`. */
  readonly takesArguments?: boolean;
  /** Does the work and returns the exit code. */
  readonly run: (values: CommandValues<O>, args: readonly string[]) => Promise<number>;
}

/** A command, to be called with the arguments that follow its name. */
export type Command = (args: readonly string[]) => Promise<number>;

/** Makes a command that parses its own options and answers `--help`. */
export function command<const O extends CommandOptions>(definition: CommandDefinition<O>): Command {
  const { help, options, takesArguments = false, run } = definition;
  return async (args) => {
    const { values, positionals } = parse(args, options);
    if (values['help'] === true) {
      console.log(help);
      return 0;
    }
    if (!takesArguments && positionals.length > 0) throw new UsageError('takes options only; see --help');
    const empty = Object.entries<unknown>(values).find(([, value]) => [value].flat().includes(''));
    if (empty) throw new UsageError(`--${empty[0]} must not be empty; see --help`);
    return run(values as CommandValues<O>, positionals);
  };
}

const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

function parse(args: readonly string[], options: CommandOptions) {
  try {
    return parseArgs({
      args: withValues(args, options),
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(parseMessage(error as NodeJS.ErrnoException));
  }
}

/** The arguments, in which options that stand alone have their value. */
function withValues(args: readonly string[], options: CommandOptions): string[] {
  return args.map((arg, i) => {
    const alone = arg.startsWith('--') ? options[arg.slice(2)]?.alone : undefined;
    return alone !== undefined && (args[i + 1] ?? '-').startsWith('-') ? `${arg}=${alone}` : arg;
  });
}

/** Node's own message, without its advice, and without anything that could be a secret in the wrong place. */
function parseMessage({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const name = /^Unknown option '(--?[a-z][a-z-]{0,30})'/.exec(message)?.[1];
    return `unknown option${name === undefined ? '' : ` ${name}`}; see --help`;
  }
  const [line = ''] = message.split(/\.?\n/, 1);
  return `${line.replace(/^Option/, 'option')}; see --help`;
}

/** A number from a flag that may be missing. @throws UsageError if it is none; whoever takes it checks the range. */
export function integerFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${name} must be a whole number of milliseconds`);
}

/** A time from a flag. @throws UsageError if it is none. */
export function timeFlag(name: string, text: string): Date {
  const date = new Date(/^\d{1,16}$/.test(text) ? Number(text) : ISO_TIME.test(text) ? text : NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new UsageError(
    `${name} must be a time with its zone, such as 2026-01-31T12:00:00Z, or milliseconds since 1970`,
  );
}

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time from a flag, such as `90s`, in milliseconds. @throws UsageError if it is none. */
export function durationFlag(name: string, text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  throw new UsageError(`${name} must be a number with its unit, such as 90s, 15m, 12h or 30d`);
}
