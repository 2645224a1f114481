//! What holds for every picture, checked on the picture alone.

use proptest::prelude::*;
use test_case::test_case;

use super::*;

/// A strategy for graphs: sizes and links, with loops, cycles, parallel links and nodes without any.
fn any_graph(nodes: usize, links: usize) -> impl Strategy<Value = (Vec<Size>, Vec<Link>)> {
    let size = (40_i32..240, 30_i32..100).prop_map(|(width, height)| Size { width, height });
    prop::collection::vec(size, 1..nodes).prop_flat_map(move |sizes| {
        let count = sizes.len();
        let label = prop_oneof![2 => Just(0), 1 => 10_i32..120];
        let link = (0..count, 0..count, label, any::<bool>()).prop_map(|(from, to, label, weak)| Link { from, to, label, weak });
        (Just(sizes), prop::collection::vec(link, 0..links))
    })
}

fn small() -> Size {
    Size { width: 80, height: 40 }
}

/// Links by pairs, between nodes of one size.
fn plain(count: usize, pairs: &[(usize, usize)]) -> (Vec<Size>, Vec<Link>) {
    (vec![small(); count], pairs.iter().map(|(from, to)| Link { from: *from, to: *to, label: 0, weak: false }).collect())
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    one.x < other.right() && other.x < one.right() && one.y < other.bottom() && other.y < one.bottom()
}

fn inside(rect: &Rect, (x, y): (f64, f64)) -> bool {
    let within = |at: f64, from: i32, to: i32| at > f64::from(from) + 0.01 && at < f64::from(to) - 0.01;
    within(x, rect.x, rect.right()) && within(y, rect.y, rect.bottom())
}

/// Points along a line, its head included.
fn points(route: &Route) -> Vec<(f64, f64)> {
    let float = |point: Point| (f64::from(point.x), f64::from(point.y));
    let mix = |a: (f64, f64), b: (f64, f64), t: f64| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
    let mut all = Vec::new();
    let mut from = float(route.start);
    let to_tip = Piece::Line(route.tip);
    for piece in route.pieces.iter().chain([&to_tip]) {
        let (controls, to) = match *piece {
            Piece::Line(to) => (vec![], float(to)),
            Piece::Corner(corner, to) => (vec![float(corner)], float(to)),
            Piece::Curve(to) => {
                let middle = from.0 + f64::from((to.x - from.0 as i32) / 2);
                (vec![(middle, from.1), (middle, f64::from(to.y))], float(to))
            }
        };
        for step in 0..=40 {
            let t = f64::from(step) / 40.0;
            // De Casteljau, for whatever number of control points.
            let mut hull: Vec<(f64, f64)> = std::iter::once(from).chain(controls.clone()).chain([to]).collect();
            while hull.len() > 1 {
                hull = hull.windows(2).map(|pair| mix(pair[0], pair[1], t)).collect();
            }
            all.extend(hull);
        }
        from = to;
    }
    all
}

fn on_outline(rect: &Rect, point: Point) -> bool {
    let on_side = (point.x == rect.x || point.x == rect.right()) && (rect.y..=rect.bottom()).contains(&point.y);
    let on_top = point.y == rect.y && (rect.x..=rect.right()).contains(&point.x);
    on_side || on_top
}

/// Everything that a reader relies on; what is wrong in words.
fn check(sizes: &[Size], links: &[Link]) -> Result<Layout, TestCaseError> {
    let drawn = layout(sizes, links);
    prop_assert_eq!(drawn.nodes.len(), sizes.len(), "every node is drawn once");
    prop_assert_eq!(drawn.routes.len(), links.len(), "every edge is drawn once");
    let canvas = Rect { x: 0, y: 0, width: drawn.size.width, height: drawn.size.height };
    for (index, place) in drawn.nodes.iter().enumerate() {
        prop_assert!(place.width >= sizes[index].width && place.height >= sizes[index].height, "node {} is too small", index);
        prop_assert!(place.x >= 0 && place.y >= 0 && place.right() <= canvas.right() && place.bottom() <= canvas.bottom());
        for (other, second) in drawn.nodes.iter().enumerate().skip(index + 1) {
            prop_assert!(!overlap(place, second), "nodes {index} and {other} overlap: {place:?} {second:?}");
        }
    }
    for (index, (route, link)) in drawn.routes.iter().zip(links).enumerate() {
        prop_assert!(on_outline(&drawn.nodes[link.from], route.start), "edge {index} does not begin at its caller");
        prop_assert!(on_outline(&drawn.nodes[link.to], route.tip), "edge {index} does not end at its callee");
        prop_assert_eq!(route.label.is_some(), link.label > 0);
        for (node, place) in drawn.nodes.iter().enumerate() {
            prop_assert!(!points(route).iter().any(|point| inside(place, *point)), "edge {index} runs through node {node}");
            prop_assert!(!route.label.is_some_and(|label| overlap(&label, place)), "the text of edge {index} covers node {node}");
        }
        for (other, second) in drawn.routes.iter().enumerate().filter(|(other, _)| *other != index) {
            if let Some(label) = route.label {
                prop_assert!(!second.label.is_some_and(|second| overlap(&label, &second)), "texts of {index} and {other} overlap");
                prop_assert!(!points(second).iter().any(|point| inside(&label, *point)), "edge {other} runs through the text of {index}");
            }
            prop_assert!(route.tip != second.tip && route.start != second.start, "edges {index} and {other} end at one point");
        }
    }
    Ok(drawn)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_picture_can_be_read((sizes, links) in any_graph(14, 34)) {
        check(&sizes, &links)?;
    }

    /// Who looks for a node finds it in the same column after another was added that it calls.
    #[test]
    fn a_new_callee_moves_no_node_to_another_column((mut sizes, mut links) in any_graph(12, 24), at in any::<prop::sample::Index>()) {
        let columns = |sizes: &[Size], links: &[Link]| layer::columns(sizes.len(), &acyclic::arcs(sizes.len(), links));
        let callers: Vec<usize> = acyclic::arcs(sizes.len(), &links).iter().map(|arc| arc.tail).collect();
        prop_assume!(!callers.is_empty());
        let before = columns(&sizes, &links);
        links.push(Link { from: callers[at.index(callers.len())], to: sizes.len(), label: 0, weak: false });
        sizes.push(small());
        let after = columns(&sizes, &links);
        prop_assert_eq!(&before[..], &after[..before.len()]);
    }

    #[test]
    fn a_node_of_its_own_moves_nothing((mut sizes, links) in any_graph(12, 24)) {
        let before = layout(&sizes, &links);
        sizes.push(small());
        let after = layout(&sizes, &links);
        prop_assert_eq!(&before.nodes[..], &after.nodes[..before.nodes.len()]);
        prop_assert_eq!(before.routes, after.routes);
    }
}

#[test_case(3, &[(0, 1), (1, 2), (2, 0)] ; "a cycle")]
#[test_case(1, &[(0, 0), (0, 0)] ; "two loops")]
#[test_case(2, &[(0, 1), (1, 0)] ; "there and back")]
#[test_case(5, &[(0, 1), (3, 4)] ; "two parts and a lone node")]
#[test_case(4, &[(0, 3), (0, 1), (1, 2), (2, 3)] ; "a long edge")]
#[test_case(0, &[] ; "nothing")]
fn shapes(count: usize, pairs: &[(usize, usize)]) {
    let (sizes, links) = plain(count, pairs);
    check(&sizes, &links).expect("it can be read");
}

#[test]
fn callers_stand_left_of_callees() {
    let (sizes, links) = plain(6, &[(5, 0), (5, 1), (0, 2), (1, 2), (4, 2), (2, 3)]);
    let drawn = check(&sizes, &links).expect("it can be read");
    for link in &links {
        assert!(drawn.nodes[link.from].right() < drawn.nodes[link.to].x, "{link:?}");
    }
    assert_eq!(drawn.nodes[4].x, drawn.nodes[0].x, "a caller stands next to what it calls");
}

/// A refusal back to the first caller is drawn from right to left, however nodes are called.
#[test]
fn what_is_weak_turns_nothing_around() {
    let (sizes, mut links) = plain(3, &[(2, 1), (1, 0)]);
    links.push(Link { from: 0, to: 2, label: 0, weak: true });
    let drawn = check(&sizes, &links).expect("it can be read");
    assert!(drawn.nodes[2].x < drawn.nodes[1].x && drawn.nodes[1].x < drawn.nodes[0].x, "{drawn:?}");
    assert!(drawn.routes[2].towards.x < 0);
}

#[test]
fn a_chain_is_one_straight_line() {
    let (sizes, links) = plain(5, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
    let drawn = layout(&sizes, &links);
    assert!(drawn.routes.iter().all(|route| matches!(route.pieces[..], [Piece::Line(_)])), "{drawn:?}");
}

/// Two rows of two, joined crosswise: in the order of their names the lines would cross.
#[test]
fn lines_do_not_cross_where_they_need_not() {
    let (sizes, links) = plain(6, &[(0, 4), (0, 5), (1, 3), (2, 3), (2, 4)]);
    let arcs = acyclic::arcs(sizes.len(), &links);
    let mut proper = proper::Proper::new(&layer::columns(sizes.len(), &arcs), &arcs);
    assert!(crossing::count(&proper) > 0);
    order::order(&mut proper);
    assert_eq!(crossing::count(&proper), 0);
}

/// Only the part that a node joins is drawn anew; those below it move down as a whole.
#[test]
fn other_parts_keep_their_shape() {
    let (mut sizes, mut links) = plain(7, &[(0, 1), (1, 2), (3, 4), (3, 5), (5, 6)]);
    let before = layout(&sizes, &links);
    links.push(Link { from: 0, to: sizes.len(), label: 0, weak: false });
    sizes.push(small());
    let after = layout(&sizes, &links);
    let moved: Vec<(i32, i32)> =
        (3..7).map(|node| (after.nodes[node].x - before.nodes[node].x, after.nodes[node].y - before.nodes[node].y)).collect();
    assert!(moved.iter().all(|by| by.0 == 0 && by.1 >= 0 && *by == moved[0]), "{moved:?}");
}
