/** The part in use of asl-validator 4.0.0, which brings no types. */
declare module 'asl-validator' {
  export default function validate(definition: unknown): { isValid: boolean; errorsText: () => string };
}
