//! Small SVG pictures.

use std::fmt::Write as _;

/// One line of a plot.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    /// Drawn thicker.
    pub(crate) is_ours: bool,
}

/// A plot's frame.
pub(crate) struct Plot<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    pub(crate) y_max: f64,
    pub(crate) logarithmic: bool,
    /// A dashed line at the promise.
    pub(crate) nominal: f64,
}

/// Okabe and Ito's colors, told apart by everyone.
const COLORS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
];
const DASHES: [&str; 3] = ["", "6 3", "2 3"];

const LEFT: f64 = 60.0;
const TOP: f64 = 40.0;
const WIDE: f64 = 460.0;
const HIGH: f64 = 280.0;

fn open(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"22\" font-size=\"14\" font-weight=\"bold\">{title}</text>\n"
    )
}

impl Plot<'_> {
    pub(crate) fn draw(&self, lines: &[Line]) -> String {
        let mut svg = open(780.0, 370.0, self.title);
        let all = lines.iter().flat_map(|line| &line.points);
        let xs: Vec<f64> = all.map(|point| self.scaled(point.0)).collect();
        let ends = xs
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, x| {
                (ends.0.min(*x), ends.1.max(*x))
            });
        let place = |point: (f64, f64)| {
            let x = LEFT + WIDE * (self.scaled(point.0) - ends.0) / (ends.1 - ends.0);
            let y = TOP + HIGH * (1.0 - (point.1 / self.y_max).min(1.0));
            (x, y)
        };
        self.frame(&mut svg, lines, &place);
        for (index, line) in lines.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            let dash = DASHES[index / COLORS.len() % DASHES.len()];
            let width = if line.is_ours { 2.5 } else { 1.5 };
            let mut path = String::new();
            for point in &line.points {
                let (x, y) = place(*point);
                let _written = write!(path, "{x:.1},{y:.1} ");
            }
            let _written = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/>",
                path.trim_end()
            );
            let y = TOP + 10.0 + 19.0 * f64::from(u32::try_from(index).unwrap());
            let x = LEFT + WIDE + 16.0;
            let _written = writeln!(
                svg,
                "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text>",
                x + 24.0,
                x + 30.0,
                y + 4.0,
                line.name
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn scaled(&self, x: f64) -> f64 {
        if self.logarithmic { x.ln() } else { x }
    }

    fn frame(&self, svg: &mut String, lines: &[Line], place: &dyn Fn((f64, f64)) -> (f64, f64)) {
        let bottom = TOP + HIGH;
        for step in 0..=4_u32 {
            let value = self.y_max * f64::from(step) / 4.0;
            let y = TOP + HIGH * (1.0 - value / self.y_max);
            let _written = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"#dddddd\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>",
                LEFT + WIDE,
                LEFT - 6.0,
                y + 4.0
            );
        }
        let y = TOP + HIGH * (1.0 - self.nominal / self.y_max);
        let _written = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"#666666\" stroke-dasharray=\"3 3\"/>",
            LEFT + WIDE
        );
        let longest = lines.iter().max_by_key(|line| line.points.len()).unwrap();
        let every = longest.points.len().div_ceil(6).max(1);
        for point in longest.points.iter().step_by(every) {
            let (x, _) = place(*point);
            let _written = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                point.0
            );
        }
        let _written = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            LEFT + WIDE / 2.0,
            bottom + 36.0,
            self.x,
            TOP + HIGH / 2.0,
            self.y
        );
    }
}

/// Stacked bars: pass, cannot tell, fail; with how many pairs of reruns disagree.
pub(crate) fn bars(title: &str, rows: &[(String, [f64; 3], f64)]) -> String {
    const WIDTH: f64 = 360.0;
    let height = 90.0 + 34.0 * f64::from(u32::try_from(rows.len()).unwrap());
    let mut svg = open(780.0, height, title);
    let colors = ["#0072b2", "#bbbbbb", "#d55e00"];
    for (index, (name, shares, flips)) in rows.iter().enumerate() {
        let y = 44.0 + 34.0 * f64::from(u32::try_from(index).unwrap());
        let _written = writeln!(svg, "<text x=\"16\" y=\"{}\">{name}</text>", y + 16.0);
        let mut x = 260.0;
        for (share, color) in shares.iter().zip(colors) {
            let width = WIDTH * share / 100.0;
            let _written = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"22\" fill=\"{color}\"/>"
            );
            if *share >= 8.0 {
                let _written = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#ffffff\">{share:.0} %</text>",
                    x + width / 2.0,
                    y + 15.0
                );
            }
            x += width;
        }
        let _written = writeln!(
            svg,
            "<text x=\"632\" y=\"{}\">{flips:.1} % flip</text>",
            y + 16.0
        );
    }
    let y = height - 20.0;
    for (index, (name, color)) in ["PASS", "cannot tell", "FAIL"]
        .iter()
        .zip(colors)
        .enumerate()
    {
        let x = 260.0 + 120.0 * f64::from(u32::try_from(index).unwrap());
        let _written = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{color}\"/><text x=\"{}\" y=\"{y}\">{name}</text>",
            y - 11.0,
            x + 18.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}
