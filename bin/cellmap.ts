try {
  const { runProcess } = await import('../cli/process.ts');
  await runProcess(process);
} catch (error) {
  // As where a package is missing. Node itself would exit with 1, which means that more remain.
  const { code, name } = error as NodeJS.ErrnoException;
  process.stderr.write(`cellmap: It cannot be loaded (${code ?? name}). Run npm ci again.\n`);
  process.exitCode = 4;
}

export {};
