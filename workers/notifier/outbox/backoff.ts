const LONGEST_WAIT_SECONDS = 300;

/**
 * The seconds until a message whose channel is in trouble is tried again: 2, 4, 8 ... 300, each shortened by up to half at random, so
 * that messages do not come back all at once.
 * @param attempts which attempt has failed, from 1
 */
export const backoff = (attempts: number) => Math.min(LONGEST_WAIT_SECONDS, 2 ** attempts) * (0.5 + Math.random() / 2);
