/** What the package exports. */
export { ConfigError } from './config.ts';
export type { ConsoleLinks } from './console-links.ts';
export { InstanceMapping, type InstanceMappingProps } from './instance-mapping.ts';
