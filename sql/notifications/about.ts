/** Whom a message is about where that is not its reader: whoever pays may have switched the student off. */
export const aboutWhom = (readerId: number, studentId: number): number[] => (readerId === studentId ? [] : [studentId]);
