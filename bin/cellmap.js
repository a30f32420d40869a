#!/usr/bin/env node
// Plain JavaScript, so that any Node from 20.19 on gets far enough to find one that runs TypeScript directly.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FAILED = 4;

if (!existsSync(new URL('cellmap.ts', import.meta.url))) {
  // Node runs no TypeScript under node_modules, so the package holds the construct alone.
  process.stderr.write(
    'cellmap: This package holds the CDK construct. The command runs in a checkout of the project.\n',
  );
  process.exitCode = FAILED;
} else if (process.features.typescript) {
  await import('./cellmap.ts');
} else {
  handOver();
}

/** Runs the command in the Node that comes with the project, and ends as that one ends. */
function handOver() {
  const node = pinnedNode();
  if (node === null) {
    process.stderr.write(
      `cellmap: Node ${process.versions.node} cannot run TypeScript, and the Node of the package \`node\` is not installed. ` +
        'Run npm ci (with its install scripts), or use Node 24.\n',
    );
    process.exitCode = FAILED;
    return;
  }
  const script = fileURLToPath(new URL('cellmap.ts', import.meta.url));
  // By the channel it notices when this process is killed, and ends too.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio });

  // Ctrl-C reaches the child too, which takes signals that come close together for one. It decides when to end.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const pass = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);

  child.once('error', (error) => {
    process.stderr.write(`cellmap: ${node} does not start (${error.code}). Run npm ci again.\n`);
    process.exitCode = FAILED;
  });
  child.once('exit', (code, signal) => {
    for (const name of signals) process.off(name, pass);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

function pinnedNode() {
  try {
    const home = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const node = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}
