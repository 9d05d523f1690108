import { XMLParser } from 'fast-xml-parser';

/** A value of XML-RPC that is no array and no struct. [XML-RPC] */
export type Scalar = string | number | boolean;

/** What a server answered: a value, or a fault with its text. */
export type Reply = { readonly value: Scalar } | { readonly fault: string };

const parser = new XMLParser({ parseTagValue: false, trimValues: false });

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A call of a method whose parameters are texts. */
export const methodCall = (method: string, parameters: readonly string[]): string => {
  const all = parameters.map((text) => `<param><value><string>${escaped(text)}</string></value></param>`);
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${all.join('')}</params></methodCall>`;
};

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );

/** @returns undefined when the text is no answer of XML-RPC with a single value */
export function replyOf(text: string): Reply | undefined {
  let document: unknown;
  try {
    document = parser.parse(text);
  } catch {
    return undefined;
  }
  const fault = at(document, 'methodResponse', 'fault', 'value', 'struct', 'member');
  if (Array.isArray(fault)) {
    const said = fault.find((member) => at(member, 'name') === 'faultString') as unknown;
    const value = scalarOf(at(said, 'value'));
    return value === undefined ? undefined : { fault: String(value) };
  }
  const value = scalarOf(at(document, 'methodResponse', 'params', 'param', 'value'));
  return value === undefined ? undefined : { value };
}

/** A value without a type is a text. */
function scalarOf(value: unknown): Scalar | undefined {
  if (typeof value === 'string') return value;
  const text = (name: string): string | undefined => {
    const found = at(value, name);
    return typeof found === 'string' ? found : undefined;
  };
  const number = text('int') ?? text('i4') ?? text('double');
  if (number !== undefined) return Number.isFinite(Number(number)) ? Number(number) : undefined;
  const truth = text('boolean');
  if (truth !== undefined) return truth === '1' ? true : truth === '0' ? false : undefined;
  return text('string');
}
