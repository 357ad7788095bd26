import { parseArgs } from 'node:util';

import { UsageError } from './usage-error.js';

/** The options that a command takes; all of them may be left out as far as the parser knows. */
export type CommandOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/** What was given for them. */
export type CommandValues<O extends CommandOptions> = {
  readonly [K in keyof O]: (O[K]['type'] extends 'boolean' ? boolean : string) | undefined;
};

/** What a command file says about its command. */
export interface CommandDefinition<O extends CommandOptions> {
  /** What `--help` prints: usage, options, examples. */
  readonly help: string;
  readonly options: O;
  /** Whether anything but options may follow the command's name. Default `false`. */
  readonly takesArguments?: boolean;
  /** Does the work and gives the exit code. */
  readonly run: (values: CommandValues<O>, args: readonly string[]) => Promise<number>;
}

/** A command, ready to be run with what followed its name. */
export type Command = (args: readonly string[]) => Promise<number>;

/** Makes a command that reads its own options and answers `--help`. */
export function command<const O extends CommandOptions>(definition: CommandDefinition<O>): Command {
  const { help, options, takesArguments = false, run } = definition;
  return async (args) => {
    const { values, positionals } = read(args, options);
    if (values['help'] === true) {
      console.log(help);
      return 0;
    }
    if (!takesArguments && positionals.length > 0) throw new UsageError('takes options only; see --help');
    return run(values as CommandValues<O>, positionals);
  };
}

function read(args: readonly string[], options: CommandOptions) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(complaint(error as NodeJS.ErrnoException));
  }
}

/** Node's own words, without its advice, and without what might be a secret typed in the wrong place. */
function complaint({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const name = /^Unknown option '(--?[a-z][a-z-]{0,30})'/.exec(message)?.[1];
    return `unknown option${name === undefined ? '' : ` ${name}`}; see --help`;
  }
  const [line = ''] = message.split(/\.?\n/, 1);
  return `${line.replace(/^Option/, 'option')}; see --help`;
}
