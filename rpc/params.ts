// Owns the shape of every method's params, and their cleaning: what passes here is typed, bounded and fit to be stored.
// Members it does not know are ignored, so that a newer widget can talk to an older node.

import { z } from 'zod';
import { type MethodName, pollHoldMsMax, textUnitsMax } from './contract.ts';
import { failed, type Outcome, success } from './fault.ts';
import type { Params } from './jsonrpc.ts';
import {
  addressUnitsMax,
  attributeNameUnitsMax,
  attributesMax,
  attributeUnitsMax,
  commentUnitsMax,
  emailUnitsMax,
  historyMessagesMax,
  jwtUnitsMax,
  localeUnitsMax,
  nameUnitsMax,
  phoneUnitsMax,
} from './limits.ts';
import { isWebAddress } from './page.ts';
import { plainLine, xmlSafe } from './text.ts';

const visitor = z.string();

/** One line, not empty once it is cleaned. */
function line(unitsMax: number) {
  const size = `must have 1 to ${unitsMax} characters`;
  return z.string().transform(plainLine).pipe(z.string().min(1, size).max(unitsMax, size));
}

/** Lines and tabs stay; what XML cannot carry is replaced; the ends are trimmed. */
function prose(unitsMin: number, unitsMax: number) {
  const size = `must have ${unitsMin} to ${unitsMax} characters`;
  const clean = (text: string) => xmlSafe(text).trim();
  return z.string().transform(clean).pipe(z.string().min(unitsMin, size).max(unitsMax, size));
}

const url = z
  .string()
  .max(addressUnitsMax, `must have at most ${addressUnitsMax} characters`)
  .refine(isWebAddress, 'must be an http or https address');

const page = z.object({
  url,
  title: z.string().optional(),
  referrer: z.string().optional(),
  hidden: z.boolean().optional(),
});

const locale = z.string().regex(new RegExp(`^[A-Za-z0-9-]{1,${localeUnitsMax}}$`), 'must be a language tag');

const attributeName = z
  .string()
  .regex(new RegExp(`^[A-Za-z0-9_.-]{1,${attributeNameUnitsMax}}$`), 'must be letters, digits, _ . or -');
const attributeText = z.string().transform(plainLine).pipe(z.string().max(attributeUnitsMax));
const attributes = z
  .record(attributeName, z.union([attributeText, z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= attributesMax, `must be at most ${attributesMax}`);

/** What a visitor, or the site for him, says he is. */
export const cardShape = {
  name: line(nameUnitsMax).optional(),
  email: line(emailUnitsMax)
    .pipe(z.string().regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'))
    .optional(),
  phone: line(phoneUnitsMax).optional(),
  attributes: attributes.optional(),
};

const schemas = {
  'session.open': z.object({
    site: z.string(),
    visitor: visitor.optional(),
    page: page.optional(),
    locale: locale.optional(),
  }),
  'session.poll': z.object({
    visitor,
    cursor: z.string(),
    holdMs: z.int().min(0).max(pollHoldMsMax).default(pollHoldMsMax),
    page: page.optional(),
  }),
  'session.page': z.object({ visitor, page }),
  'session.typing': z.object({ visitor, on: z.boolean() }),
  'session.identify': z.object({ visitor, ...cardShape, token: z.string().max(jwtUnitsMax).optional() }),
  'session.leave': z.object({ visitor }),
  'message.send': z.object({
    visitor,
    cmid: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -'),
    text: prose(1, textUnitsMax),
  }),
  'message.read': z.object({ visitor, seq: z.int().min(0) }),
  'message.history': z.object({
    visitor,
    before: z.int().min(1).optional(),
    limit: z.int().min(1).max(historyMessagesMax).optional(),
  }),
  'conversation.close': z.object({ visitor }),
  'conversation.rate': z.object({
    visitor,
    score: z.int().min(1).max(5),
    comment: prose(0, commentUnitsMax).optional(),
  }),
} as const satisfies { readonly [name in MethodName]: z.ZodType };

export type ParamsOf<N extends MethodName> = z.output<(typeof schemas)[N]>;
export type SeenPage = z.output<typeof page>;

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(schemas, name);
}

export function paramsOf<N extends MethodName>(name: N, params: Params): Outcome<ParamsOf<N>> {
  const parsed = schemas[name].safeParse(params);
  if (parsed.success) return success(parsed.data as ParamsOf<N>);
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const message = `${field === '' ? 'params' : field}: ${issue?.message ?? 'not valid'}`;
  return failed('invalidParams', message, field === '' ? {} : { field });
}
