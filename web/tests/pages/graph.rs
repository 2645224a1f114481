//! Graphs as a page and a file get them: what is in the SVG, and what must not be.

use meshglot_web::graph::{Badge, Broken, Caption, Edge, EdgeKind, File, Graph, Inline, Node, NodeKind, Tone};
use proptest::prelude::*;
use roxmltree::Document;

fn node(id: &str) -> Node {
    let badge = Some(Badge { sign: "✔", word: "default deny".into(), tone: Tone::Good });
    let lines = vec!["9080 http".into()];
    Node { id: id.into(), kind: NodeKind::Service, label: id.into(), lines, badge, href: Some(format!("services/{id}")), focus: false }
}

fn edge(from: &str, to: &str, kind: EdgeKind, label: Option<&str>) -> Edge {
    let title = format!("{from} to {to}: {}", kind.word());
    Edge { from: from.into(), to: to.into(), kind, label: label.map(Into::into), title, href: Some("why?a=1&b=2".into()), seen: None }
}

fn sample() -> Graph {
    let nodes = ["frontend", "reviews", "reviews-v1", "reviews-v2", "batch"].map(node).into();
    let edges = vec![
        edge("frontend", "reviews", EdgeKind::Allowed, Some("GET")),
        edge("reviews", "reviews-v1", EdgeKind::Split, Some("90%")),
        edge("reviews", "reviews-v2", EdgeKind::Split, Some("10%")),
        edge("batch", "reviews", EdgeKind::Denied, None),
        edge("batch", "frontend", EdgeKind::Open, None),
    ];
    Graph::new(nodes, edges).expect("a graph")
}

fn caption() -> Caption {
    Caption { id: "topology", title: "Who calls whom".into(), description: "The table below says the same.".into() }
}

fn inline(graph: &Graph) -> String {
    Inline::new(graph, caption()).to_string()
}

fn file(graph: &Graph) -> String {
    File::new(graph, caption()).to_string()
}

/// How many elements have a class, legend aside.
fn count(document: &Document<'_>, class: &str) -> usize {
    let of_legend = |node: &roxmltree::Node<'_, '_>| node.ancestors().any(|above| above.attribute("class") == Some("legend"));
    let has = |node: &roxmltree::Node<'_, '_>| node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class));
    document.descendants().filter(|node| has(node) && !of_legend(node)).count()
}

#[test]
fn every_node_and_every_edge_is_drawn_once() {
    let graph = sample();
    for text in [inline(&graph), file(&graph)] {
        let document = Document::parse(&text).expect("well-formed");
        assert_eq!(count(&document, "node"), 5);
        assert_eq!(count(&document, "edge"), 5);
        for (class, want) in [("allowed", 1), ("split", 2), ("denied", 1), ("open", 1)] {
            assert_eq!(count(&document, class), want, "{class}");
        }
        for words in [">90%<", ">10%<", ">✘ denied<", ">open<", ">GET<", "batch to reviews: denied"] {
            assert!(text.contains(words), "{words}");
        }
    }
}

/// The policy for content would block them, and a dark theme could not change them.
#[test]
fn colours_come_from_the_style_sheet_alone() {
    for text in [inline(&sample()), file(&sample())] {
        let document = Document::parse(&text).expect("well-formed");
        for element in document.descendants().filter(roxmltree::Node::is_element) {
            for name in ["style", "fill", "stroke", "color", "onclick", "onload"] {
                assert_eq!(element.attribute(name), None, "{element:?}");
            }
        }
    }
    assert!(!inline(&sample()).contains("<style"));
}

#[test]
fn a_page_gets_links_and_a_file_gets_none() {
    let (page, file) = (inline(&sample()), file(&sample()));
    let document = Document::parse(&page).expect("well-formed");
    let links: Vec<_> = document.descendants().filter(|node| node.has_tag_name("a")).collect();
    assert_eq!(links.len(), 10);
    assert_eq!(document.root_element().attribute("role"), Some("group"), "what is in an image cannot be reached by keys");
    let walked: Vec<_> =
        links.iter().filter(|link| link.attribute("tabindex").is_none()).filter_map(|link| link.attribute("href")).collect();
    assert_eq!(walked, ["services/batch", "services/frontend", "services/reviews", "services/reviews-v1", "services/reviews-v2"]);
    assert!(links.iter().all(|link| link.first_element_child().is_some_and(|child| child.tag_name().name() == "title")), "each has a name");

    let document = Document::parse(&file).expect("well-formed");
    assert_eq!(document.root_element().attribute("role"), Some("img"));
    assert!(!file.contains("href") && file.contains("<style>") && !file.contains("http://www.w3.org/1999/xlink"));
}

#[test]
fn a_picture_is_named_and_described() {
    for text in [inline(&sample()), file(&sample())] {
        let document = Document::parse(&text).expect("well-formed");
        let named = |attribute: &str| {
            let id = document.root_element().attribute(attribute).expect(attribute);
            document.descendants().find(|node| node.attribute("id") == Some(id)).and_then(|node| node.text()).expect(id)
        };
        assert_eq!((named("aria-labelledby"), named("aria-describedby")), ("Who calls whom", "The table below says the same."));
    }
}

/// Names in policy are other people's input.
#[test]
fn names_are_never_markup() {
    let evil = "</text></svg><script>alert(1)</script>\"'&\u{0}\u{202e}";
    let mut bad = node(evil);
    bad.lines = vec![evil.into()];
    bad.badge = Some(Badge { sign: "!", word: evil.into(), tone: Tone::Bad });
    bad.href = Some(format!("services/\" onclick=\"alert(1){evil}"));
    let mut to = edge(evil, "reviews", EdgeKind::Denied, Some(evil));
    to.title = evil.into();
    to.href = Some(evil.replace(['\u{0}', '\u{202e}'], ""));
    bad.href = bad.href.map(|href| href.replace(['\u{0}', '\u{202e}'], ""));
    let graph = Graph::new(vec![bad, node("reviews")], vec![to]).expect("a graph");
    let caption = || Caption { id: "topology", title: evil.into(), description: evil.into() };
    for text in [Inline::new(&graph, caption()).to_string(), File::new(&graph, caption()).to_string()] {
        let document = Document::parse(&text).expect("well-formed");
        let known = ["svg", "title", "desc", "style", "g", "a", "rect", "path", "text", "tspan"];
        for element in document.descendants().filter(roxmltree::Node::is_element) {
            assert!(known.contains(&element.tag_name().name()), "{element:?}");
            assert!(element.attributes().all(|attribute| !attribute.name().starts_with("on")), "{element:?}");
        }
        assert!(!text.contains("<script") && !text.contains('\u{0}') && !text.contains('\u{202e}'));
    }
}

#[test]
fn long_names_are_cut_and_told_whole() {
    let long = "a-service-with-a-name-that-nobody-would-want-to-read-in-a-box-of-a-graph-v2";
    let graph = Graph::new(vec![node(long)], Vec::new()).expect("a graph");
    let text = inline(&graph);
    let document = Document::parse(&text).expect("well-formed");
    let drawn = document.descendants().find(|node| node.attribute("class") == Some("name")).and_then(|node| node.text()).expect("a name");
    assert!(drawn.starts_with("a-service") && drawn.contains('…') && drawn.ends_with("-v2") && drawn.len() < long.len(), "{drawn}");
    assert!(text.contains(&format!("<title>{long} (Service): 9080 http; default deny</title>")), "{text}");
}

#[test]
fn what_is_no_graph_is_refused() {
    assert_eq!(Graph::new(vec![node("a"), node("b"), node("a")], Vec::new()), Err(Broken::SameId("a".into())));
    let lost = vec![edge("a", "b", EdgeKind::Allowed, None)];
    assert_eq!(Graph::new(vec![node("a")], lost), Err(Broken::UnknownNode("b".into())));
}

#[test]
fn nothing_is_a_graph() {
    let text = inline(&Graph::default());
    assert!(Document::parse(&text).is_ok() && text.contains(r#"role="img""#), "{text}");
}

/// Nodes and edges by numbers, and an order in which to give them.
fn any_graph() -> impl Strategy<Value = (Vec<Node>, Vec<Edge>)> {
    (2_usize..10).prop_flat_map(|count| {
        let kind = prop::sample::select(EdgeKind::ALL.to_vec());
        let label = prop::option::of("[a-z%0-9]{0,12}");
        let name = |at: usize| format!("node-{at}");
        let edges =
            (0..count, 0..count, kind, label).prop_map(move |(from, to, kind, label)| edge(&name(from), &name(to), kind, label.as_deref()));
        let nodes: Vec<Node> = (0..count).map(|at| node(&name(at))).collect();
        (Just(nodes), prop::collection::vec(edges, 0..20))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_making_changes_nothing((nodes, edges) in any_graph(), seed in any::<u64>()) {
        let shuffled = (shuffle(&nodes, seed), shuffle(&edges, seed.rotate_left(17)));
        let (one, other) = (Graph::new(nodes, edges).expect("a graph"), Graph::new(shuffled.0, shuffled.1).expect("a graph"));
        prop_assert_eq!(inline(&one), inline(&other));
        prop_assert_eq!(file(&one), file(&other));
    }

    #[test]
    fn whatever_is_drawn_is_a_document((nodes, edges) in any_graph(), words in "\\PC{0,40}", any in prop::collection::vec(any::<char>(), 0..20)) {
        let mut nodes = nodes;
        nodes[0].label = words;
        nodes[1].lines = vec![any.into_iter().collect()];
        let count_of_edges = edges.len();
        let text = file(&Graph::new(nodes, edges).expect("a graph"));
        let document = Document::parse(&text);
        prop_assert!(document.is_ok(), "{document:?}");
        prop_assert_eq!(document.map(|document| count(&document, "edge")).ok(), Some(count_of_edges));
    }
}

/// Another order; the same for the same seed.
fn shuffle<T: Clone>(all: &[T], seed: u64) -> Vec<T> {
    let mut keyed: Vec<(u64, &T)> =
        all.iter().enumerate().map(|(at, one)| ((at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15), one)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, one)| one.clone()).collect()
}
