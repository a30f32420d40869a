import { type Path, parsePath, requirePath, type Sources } from './paths.ts';
import { isObject, type Json } from './payload.ts';

/** A payload template, parsed: fields that end in `.$` take their value from a path. */
export type Template =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'path'; readonly path: Path; readonly field: string }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [name: string, template: Template])[] };

/** Parses a payload template; `refuse` is told the field that the engine cannot fill, and why. */
export function parseTemplate(value: Json, refuse: (field: string, why: string) => never): Template {
  if (Array.isArray(value)) return { kind: 'array', items: value.map((item) => parseTemplate(item, refuse)) };
  if (!isObject(value)) return { kind: 'value', value };
  const names = new Set<string>();
  const fields = Object.entries(value).map(([field, inner]) => {
    const template = field.endsWith('.$') ? parseReference(field, inner, refuse) : parseTemplate(inner, refuse);
    const name = template.kind === 'path' ? field.slice(0, -2) : field;
    if (names.has(name)) refuse(field, 'is given twice');
    names.add(name);
    return [name, template] as const;
  });
  return { kind: 'object', fields };
}

/** Fills a template. A path without a value is a `RuntimeFault` that names the field. */
export function fillTemplate(template: Template, sources: Sources): Json {
  switch (template.kind) {
    case 'value':
      return template.value;
    case 'path':
      return requirePath(template.path, sources, template.field);
    case 'array':
      return template.items.map((item) => fillTemplate(item, sources));
    case 'object':
      return Object.fromEntries(template.fields.map(([name, inner]) => [name, fillTemplate(inner, sources)]));
  }
}

function parseReference(field: string, value: Json, refuse: (field: string, why: string) => never): Template {
  if (typeof value !== 'string') return refuse(field, 'must hold a path');
  const intrinsic = /^States\.\w+/.exec(value);
  if (intrinsic) refuse(field, `uses the intrinsic function ${intrinsic[0]}, which is not supported`);
  const path = parsePath(value);
  return path === null ? refuse(field, `${value} is not a supported path`) : { kind: 'path', path, field };
}
