import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { parseSync } from '@swc/core';

/** What the files of a folder may import, besides one another. A `*` stands for any end of a package's name. */
export interface ImportRule {
  folders: readonly string[];
  packages: readonly string[];
}

/** What a dynamic import of anything but a literal counts as: nobody can tell what it imports. */
export const COMPUTED = '(computed)';

/**
 * Collects everything that a source imports: static, type-only, dynamic, in a type, for its effects, and re-exports.
 * TypeScript 7 has no compiler API for it.
 */
export function importsOf(source: string): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const specifier = specifierOf(node as Record<string, unknown>);
    if (specifier !== undefined) found.add(specifier);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }));
  return [...found];
}

function specifierOf(node: Record<string, unknown>): string | undefined {
  const textOf = (literal: unknown) => (literal as { value?: unknown } | undefined)?.value;
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node.source ? String(textOf(node.source)) : undefined;
    case 'TsImportType':
      return String(textOf(node.argument));
    case 'TsExternalModuleReference':
      return String(textOf(node.expression));
    case 'CallExpression': {
      const [first] = node.arguments as { expression: { type: string } }[];
      const callee = node.callee as { type: string; value?: string };
      if (callee.type !== 'Import' && callee.value !== 'require') return undefined;
      return first?.expression.type === 'StringLiteral' ? String(textOf(first.expression)) : COMPUTED;
    }
  }
  return undefined;
}

/** A file's own folder, which is the first part of its path from the root of the repository. */
export function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

/** The path of an imported file from the root of the repository, or undefined where a package is imported. */
export function fileOf(specifier: string, importer: string): string | undefined {
  return specifier.startsWith('.') ? join(dirname(importer), specifier) : undefined;
}

/** The imports of a file that its folder's rule does not allow. */
export function forbiddenImports(file: string, imports: readonly string[], rule: ImportRule): string[] {
  return imports.filter((specifier) => {
    const imported = fileOf(specifier, file);
    if (imported !== undefined) return ![folderOf(file), ...rule.folders].includes(folderOf(imported));
    return !rule.packages.some((name) =>
      name.endsWith('*')
        ? specifier.startsWith(name.slice(0, -1))
        : specifier === name || specifier.startsWith(`${name}/`),
    );
  });
}

/** The first cycle among files that import one another, as the files on the way round; undefined where there is none. */
export function findCycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const cycle = walk(next, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const cycle = walk(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Reads the imports of every source file in some folders of the repository. */
export function readImports(root: string, folders: readonly string[]): Map<string, string[]> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => join(folder, name)),
  );
  return new Map(files.map((file) => [file, importsOf(readFileSync(join(root, file), 'utf8'))]));
}
