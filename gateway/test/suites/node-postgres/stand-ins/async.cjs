/** What the suite uses of `async`: a queue of one worker, and `series`. */
'use strict';

exports.queue = (worker) => {
  const waiting = [];
  let isBusy = false;
  const next = () => {
    if (isBusy || waiting.length === 0) return;
    isBusy = true;
    worker(waiting.shift(), () => {
      isBusy = false;
      next();
    });
  };
  return {
    push(task) {
      waiting.push(task);
      setImmediate(next);
    },
  };
};

exports.series = (steps, done) => {
  const results = [];
  const run = (index) => {
    if (index === steps.length) return done(null, results);
    steps[index]((error, result) => {
      results.push(result);
      if (error) return done(error, results);
      run(index + 1);
    });
  };
  run(0);
};
