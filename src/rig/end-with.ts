const LOOK_MS = 500;

/** Ends this process soon after another one has ended, however that came about: an orphan would keep the rig. */
export function endWith(pid: number): void {
  setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // A process of another user is there, too.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') process.exit(1);
    }
  }, LOOK_MS).unref();
}
