/** Probabilities of the distributions that tests and intervals need. */

/**
 * Two-sided exact p-value of `successes` or fewer out of `trials` fair coin tosses: twice the lower tail, at most 1.
 *
 * @param successes at most half of `trials`
 */
export function binomialTwoSided(successes: number, trials: number): number {
  let logChoose = 0;
  let tail = 0;
  for (let k = 0; k <= successes; k++) {
    tail += Math.exp(logChoose - trials * Math.LN2);
    logChoose += Math.log((trials - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** P(X > x) for X chi-square with one degree of freedom, which is erfc(√(x / 2)). */
export function chiSquareTail(x: number): number {
  return erfc(Math.sqrt(x / 2));
}

/**
 * Complementary error function for x ≥ 0, to 1e-11 of its value: the Taylor series of erf below 2.5, beyond it
 * Legendre's continued fraction (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function erfc(x: number): number {
  if (x < 2.5) {
    let term = 2 * x / Math.sqrt(Math.PI) * Math.exp(-x * x);
    let sum = 0;
    for (let n = 0; term > 1e-18 * sum || n === 0; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 3);
    }
    return 1 - sum;
  }
  let fraction = x;
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
