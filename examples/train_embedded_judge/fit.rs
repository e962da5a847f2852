//! Logistic regression with a ridge, by Newton's method.

/// One example: inputs, the group of its intercept, the target, the weight.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub(crate) inputs: Vec<f64>,
    pub(crate) source: usize,
    pub(crate) positive: bool,
    pub(crate) weight: f64,
}

/// Weights on inputs as they come, with the mean of the sources' intercepts.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) weights: Vec<f64>,
    pub(crate) intercept: f64,
}

impl Fitted {
    pub(crate) fn log_odds(&self, inputs: &[f64]) -> f64 {
        self.intercept
            + self
                .weights
                .iter()
                .zip(inputs)
                .map(|(w, x)| w * x)
                .sum::<f64>()
    }
}

/// Steps of Newton's method at most; it is near its end after four.
const N_STEPS: usize = 5;

/// Maximizes the weighted likelihood less `ridge`/2 times the squared weights of standardized inputs.
/// Every source has an intercept of its own, so that base rates do not leak into the weights.
pub(crate) fn fit(examples: &[Example], ridge: f64) -> Fitted {
    let n_inputs = examples[0].inputs.len();
    let n_sources = examples
        .iter()
        .map(|example| example.source)
        .max()
        .unwrap_or(0)
        + 1;
    let (mean, deviation) = moments(examples, n_inputs);
    let n = n_inputs + n_sources;
    let rows: Vec<Vec<f64>> = examples
        .iter()
        .map(|example| {
            let scaled = |at: usize| (example.inputs[at] - mean[at]) / deviation[at];
            (0..n_inputs).map(scaled).collect()
        })
        .collect();
    let mut beta = vec![0.0; n];
    for _ in 0..N_STEPS {
        let mut gradient = vec![0.0; n];
        let mut hessian = vec![vec![0.0; n]; n];
        for (example, row) in examples.iter().zip(&rows) {
            let own = n_inputs + example.source;
            let score: f64 = row.iter().zip(&beta).map(|(x, b)| x * b).sum::<f64>() + beta[own];
            let p = 1.0 / (1.0 + (-score).exp());
            let error = example.weight * (f64::from(u8::from(example.positive)) - p);
            let curve = example.weight * (p * (1.0 - p)).max(1e-9);
            for (i, x) in row.iter().enumerate() {
                gradient[i] += error * x;
                let scaled = curve * x;
                for (sum, other) in hessian[i][..=i].iter_mut().zip(row) {
                    *sum += scaled * other;
                }
                hessian[own][i] += scaled;
            }
            gradient[own] += error;
            hessian[own][own] += curve;
        }
        for i in 0..n {
            let penalty = if i < n_inputs { ridge } else { ridge * 0.1 };
            gradient[i] -= penalty * beta[i];
            hessian[i][i] += penalty;
        }
        let step = solve(hessian, gradient);
        let largest = step
            .iter()
            .fold(0.0, |most: f64, change| most.max(change.abs()));
        beta.iter_mut()
            .zip(step)
            .for_each(|(b, change)| *b += change);
        if largest < 1e-4 {
            break;
        }
    }
    let weights: Vec<f64> = beta.iter().zip(&deviation).map(|(b, sd)| b / sd).collect();
    let shift: f64 = weights.iter().zip(&mean).map(|(w, m)| w * m).sum();
    let offsets = &beta[n_inputs..];
    let intercept = offsets.iter().sum::<f64>() / n_sources as f64 - shift;
    Fitted { weights, intercept }
}

fn moments(examples: &[Example], n_inputs: usize) -> (Vec<f64>, Vec<f64>) {
    let total: f64 = examples.iter().map(|example| example.weight).sum();
    let average = |of: &dyn Fn(&Example) -> f64| {
        examples
            .iter()
            .map(|example| example.weight * of(example))
            .sum::<f64>()
            / total
    };
    let mean: Vec<f64> = (0..n_inputs)
        .map(|at| average(&|example| example.inputs[at]))
        .collect();
    let deviation = (0..n_inputs)
        .map(|at| average(&|example| (example.inputs[at] - mean[at]).powi(2)).sqrt() + 1e-6)
        .collect();
    (mean, deviation)
}

/// Solves a symmetric positive definite system, given its lower triangle, by Cholesky.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - sum;
            matrix[i][j] = if i == j {
                rest.max(1e-12).sqrt()
            } else {
                rest / matrix[j][j]
            };
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    right
}
