/** Folders of a run: the journal of each test, and the bundle of each failed one. */
export const JOURNALS_FOLDER = 'journals';
export const FAILED_FOLDER = 'failed';
/** Folder of the traces of all tests, in a run that keeps them. */
export const TRACES_FOLDER = 'traces';
