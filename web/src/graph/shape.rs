//! The box of one node: which texts stand in it, and how large that makes it.

use super::layout::Size;
use super::measure::{Font, clean};
use super::value::{Badge, Node};

/// Between the outline and the texts.
pub(super) const INSET: i32 = 10;
/// Above the first and below the last line.
const PADDING: i32 = 7;
/// A line with the name.
const NAME: i32 = 18;
/// Any other line.
const LINE: i32 = 16;
/// The most that a text may be wide.
const WIDEST: i32 = 220;
/// The most lines below the name.
const LINES: usize = 3;

/// The texts of a node as they are drawn.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) lines: Vec<String>,
    pub(super) badge: Option<Badge>,
}

impl Shape {
    pub(super) fn of(node: &Node) -> Self {
        let cut = |font: Font, text: &str| font.cut(&clean(text), WIDEST).into_owned();
        let lines = node.lines.iter().take(LINES).map(|line| cut(Font::Sans, line)).collect();
        let badge = node.badge.as_ref().map(|badge| Badge { word: cut(Font::Bold, &badge.word), ..badge.clone() });
        Self { name: cut(Font::Mono, &node.label), lines, badge }
    }

    /// How large a box it needs.
    pub(super) fn size(&self) -> Size {
        let lines = self.lines.iter().map(|line| Font::Sans.width(line));
        let badge = self.badge.iter().map(|badge| [badge.sign, " ", &badge.word].iter().map(|text| Font::Bold.width(text)).sum());
        let text = lines.chain(badge).chain([Font::Mono.width(&self.name)]).max().unwrap_or(0);
        Size { width: text + 2 * INSET, height: self.text_height() + 2 * PADDING }
    }

    fn text_height(&self) -> i32 {
        NAME + LINE * (self.lines.len() + usize::from(self.badge.is_some())) as i32
    }

    /// The base lines of the name, the lines and the badge, in a box of some height.
    pub(super) fn base_lines(&self, height: i32) -> Vec<i32> {
        let top = (height - self.text_height()) / 2;
        let below = self.lines.len() + usize::from(self.badge.is_some());
        std::iter::once(top + NAME - 5).chain((1..=below as i32).map(|line| top + NAME + line * LINE - 4)).collect()
    }
}
