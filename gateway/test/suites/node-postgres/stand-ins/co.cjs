/** What the suite uses of `co`: a generator that yields promises, as a function that returns one. */
'use strict';

exports.wrap = (generator) =>
  async function (...values) {
    const running = generator.apply(this, values);
    let step = running.next();
    while (!step.done) {
      let value;
      let problem;
      try {
        value = await step.value;
      } catch (error) {
        problem = { error };
      }
      step = problem === undefined ? running.next(value) : running.throw(problem.error);
    }
    return step.value;
  };
