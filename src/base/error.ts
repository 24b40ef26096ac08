import { errorCodes, exitCodes, type ErrorCode, type ErrorCodeEntry } from './error-codes.ts';

/** A place in a text file; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ErrorDetails {
  /** One sentence with the particulars: what failed. */
  readonly message: string;
  /** The object, file, field or address that it failed on, e.g. `Machine cpaas-system/global-kcp-x7`. */
  readonly subject?: string | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** A command or a field path that cures it; the registry's general cure is shown when absent. */
  readonly hint?: string | undefined;
  readonly place?: SourcePlace | undefined;
  /** The lines of source around `place`, ready to print. */
  readonly snippet?: string | undefined;
  /** Further errors that this one stands for; each is reported. */
  readonly causes?: readonly GlobalctlError[] | undefined;
  readonly cause?: unknown;
}

/** The one error class of the project. Code is branched on, message is read by people. Never holds a secret. */
export class GlobalctlError extends Error {
  override readonly name: string = 'GlobalctlError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get entry(): ErrorCodeEntry {
    return errorCodes[this.code];
  }

  get exitCode(): number {
    return exitCodes[this.entry.class];
  }

  /** The hint of this error, or the registry's cure for its code. */
  get hint(): string {
    return this.details.hint ?? this.entry.cure;
  }

  /** The shape in which errors appear in `--output json`, in the event stream and in the journal. */
  toJSON(): Record<string, unknown> {
    const { message, subject, expected, found, place, snippet, causes } = this.details;
    return {
      code: this.code,
      message,
      ...(subject !== undefined && { subject }),
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
      hint: this.hint,
      ...(place && { place }),
      ...(snippet !== undefined && { snippet }),
      ...(causes && causes.length > 0 && { causes: causes.map((c) => c.toJSON()) }),
    };
  }
}

export function isGlobalctlError(value: unknown, code?: ErrorCode): value is GlobalctlError {
  return value instanceof GlobalctlError && (code === undefined || value.code === code);
}

/** What the system says of a place that cannot be written, whatever the program: a person can cure it. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EFBIG']);
const FILE_CALLS = new Set([
  'open',
  'write',
  'mkdir',
  'mkdtemp',
  'rename',
  'lstat',
  'chmod',
  'fsync',
  'copyfile',
  'cp',
]);

/**
 * Turns whatever was thrown into a GlobalctlError; an abort becomes CANCELLED, a folder or disk that refuses FILE_UNWRITABLE,
 * the unknown INTERNAL.
 */
export function toGlobalctlError(thrown: unknown): GlobalctlError {
  if (thrown instanceof GlobalctlError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new GlobalctlError('CANCELLED', { message: 'interrupted', cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isFileRefusal(thrown)) return new GlobalctlError('FILE_UNWRITABLE', { message, cause: thrown });
  return new GlobalctlError('INTERNAL', { message, cause: thrown });
}

function isFileRefusal(thrown: unknown): boolean {
  const { code = '', syscall = '' } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {};
  return UNWRITABLE.has(code) && FILE_CALLS.has(syscall);
}
