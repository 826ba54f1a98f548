/** Talks to Jupyter, where this process is its kernel. */

/** What Jupyter shows of a thing, by media type: it picks the richest that it can. */
export interface MediaBundle {
  "text/plain": string;
  "text/html"?: string;
  "text/markdown"?: string;
  /** base64 */
  "image/png"?: string;
}

/** Whether this code runs in a cell of a notebook. */
export function inKernel(): boolean {
  try {
    // Outside the kernel the getter throws.
    return Deno.jupyter !== undefined;
  } catch {
    return false;
  }
}

/**
 * Shows a bundle below the cell that runs.
 *
 * @param options.metadata by media type, e.g. the size of a picture
 * @param options.id names the output, so that a later call with `update` replaces it
 */
export async function display(
  bundle: MediaBundle,
  options: { metadata?: Record<string, unknown>; id?: string; update?: boolean } = {},
): Promise<void> {
  await Deno.jupyter.broadcast(options.update ? "update_display_data" : "display_data", {
    data: bundle,
    metadata: options.metadata ?? {},
    transient: options.id === undefined ? {} : { display_id: options.id },
  });
}
