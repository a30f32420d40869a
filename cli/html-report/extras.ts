import { z } from 'zod';

const pausesSchema = z.array(z.object({ reason: z.string(), times: z.number(), seconds: z.number() }));

/** Why a cell was let rest, how often and how long. */
export type Pauses = z.infer<typeof pausesSchema>;

/** The pauses that a cell of a document tells of; none where it knows nothing of them. */
export function pausesOf(cell: object): Pauses {
  return pausesSchema.safeParse('pauses' in cell ? cell.pauses : []).data ?? [];
}

const usageSchema = z.object({
  transitions: z.number(),
  lambdaRequests: z.number(),
  lambdaGbSeconds: z.number(),
  dataApiRequests: z.number(),
  dataApiUnits: z.number(),
  estimatedDollars: z.number(),
});

/** What a run used of AWS, and what that may cost. */
export type Usage = z.infer<typeof usageSchema>;

/** Null where the document does not tell. */
export function usageOf(document: object | null): Usage | null {
  return usageSchema.safeParse(document !== null && 'usage' in document ? document.usage : null).data ?? null;
}
