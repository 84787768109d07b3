/**
 * The tasks that a test posted. A worker is served the oldest open task of the market, whoever's it
 * is; so that each test meets its own alone, what it left open is called off at its end.
 */

export interface Posted {
  url: string;
  id: string;
  authorization: string;
}

export const posted: (Posted | Promise<Posted | null>)[] = [];

/** Calls them off; one that has ended already stays as it is. Raises for any other refusal. */
export async function callOff(tasks: (Posted | Promise<Posted | null>)[]): Promise<void> {
  for (const task of await Promise.all(tasks)) {
    if (!task) continue;
    const { url, id, authorization } = task;
    const answer = await fetch(`${url}/api/tasks/${id}/cancel`, {
      method: 'POST',
      headers: { authorization },
    });
    // 409: it has ended. 401: the test ended the session, and its task stays where it is.
    if (!answer.ok && answer.status !== 409 && answer.status !== 401) {
      throw new Error(`task ${id} cannot be called off: ${answer.status} ${await answer.text()}`);
    }
  }
}
