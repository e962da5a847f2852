//! One source file with all its mutants behind switches.
//!
//! An expression `a + b` with the mutants 7 and 8 becomes
//! `(if crate::switch::on(7) { a - b } else if crate::switch::on(8) { a * b } else { a + b })`, where
//! only the last copy holds the switches of what is inside of `a` and `b`.

use std::{collections::BTreeMap, ops::Range};

use anyhow::Result;
use syn::{spanned::Spanned as _, visit::Visit};

use crate::list::{Genre, Mutant};

/// A file's new text, and which bytes of it were written for which mutants.
#[derive(Debug)]
pub struct Switched {
    pub text: String,
    pub written: Vec<(Range<usize>, Vec<usize>)>,
}

/// Text that goes before a byte of the old file.
struct Insert {
    at: usize,
    /// Ends come before starts; of ends the inner, of starts the outer comes first.
    order: (bool, i64),
    text: String,
    mutants: Vec<usize>,
}

/// `mutants`: those of this file that may be switched, by number.
pub fn switch(old: &str, mutants: &[(usize, &Mutant)]) -> Result<Switched> {
    let mut found = Finder {
        old,
        at: BTreeMap::new(),
        inserts: Vec::new(),
        depth: 0,
    };
    for (number, mutant) in mutants {
        if let (Some(start), Some(end)) = (mutant.span.start.byte(old), mutant.span.end.byte(old)) {
            found
                .at
                .entry((start, key(mutant.genre)))
                .or_default()
                .push((*number, mutant, start..end));
        }
    }
    found.visit_file(&syn::parse_file(old)?);
    found
        .inserts
        .sort_by_key(|insert| (insert.at, insert.order));
    let (mut text, mut written, mut copied) = (String::new(), Vec::new(), 0);
    for insert in found.inserts {
        text.push_str(&old[copied..insert.at]);
        copied = insert.at;
        let from = text.len();
        text.push_str(&insert.text);
        written.push((from..text.len(), insert.mutants));
    }
    text.push_str(&old[copied..]);
    Ok(Switched { text, written })
}

/// Operators of either kind are looked for alike.
fn key(genre: Genre) -> u8 {
    match genre {
        Genre::FnValue => 0,
        Genre::BinaryOperator | Genre::UnaryOperator => 1,
        Genre::MatchArm => 2,
        Genre::MatchArmGuard => 3,
        Genre::StructField => 4,
    }
}

type Here<'a> = (usize, &'a Mutant, Range<usize>);

struct Finder<'a> {
    old: &'a str,
    at: BTreeMap<(usize, u8), Vec<Here<'a>>>,
    inserts: Vec<Insert>,
    depth: i64,
}

fn on(number: usize) -> String {
    format!("crate::switch::on({number})")
}

impl<'a> Finder<'a> {
    fn take(&mut self, start: usize, genre: Genre) -> Vec<Here<'a>> {
        self.at.remove(&(start, key(genre))).unwrap_or_default()
    }

    fn insert(&mut self, at: usize, is_start: bool, text: String, mutants: Vec<usize>) {
        let order = (is_start, if is_start { self.depth } else { -self.depth });
        self.inserts.push(Insert {
            at,
            order,
            text,
            mutants,
        });
    }

    /// Returns instead of the body, where the type allows for more than one value.
    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let Some(first) = body.stmts.first() else {
            return;
        };
        let start = first.span().byte_range().start;
        if self.old[signature.output.span().byte_range()].contains("impl ") {
            return;
        }
        self.depth += 1;
        for (number, mutant, _) in self.take(start, Genre::FnValue) {
            let text = format!("if {} {{ return {}; }} ", on(number), mutant.replacement);
            self.insert(start, true, text, vec![number]);
        }
    }

    /// An expression whose mutants are copies of its text, each with one range replaced.
    fn expression(&mut self, whole: Range<usize>, mutants: Vec<Here<'a>>) {
        if mutants.is_empty() {
            return;
        }
        self.depth += 1;
        let all: Vec<usize> = mutants.iter().map(|(number, ..)| *number).collect();
        self.insert(whole.start, true, "(".to_owned(), all.clone());
        for (number, mutant, span) in mutants {
            let text = format!(
                "if {} {{ ({}{}{}) }} else ",
                on(number),
                &self.old[whole.start..span.start],
                mutant.replacement,
                &self.old[span.end..whole.end],
            );
            self.insert(whole.start, true, text, vec![number]);
        }
        self.insert(whole.start, true, "{ (".to_owned(), all.clone());
        self.insert(whole.end, false, ") })".to_owned(), all);
    }
}

/// `a && let Some(b) = c` has no value.
fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(both) => binds(&both.left) || binds(&both.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if item.sig.constness.is_none() {
            self.function(&item.sig, &item.block);
            syn::visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.sig.constness.is_none() {
            self.function(&item.sig, &item.block);
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_expr_binary(&mut self, both: &'ast syn::ExprBinary) {
        if !binds(&both.left) && !binds(&both.right) {
            let mutants = self.take(both.op.span().byte_range().start, Genre::BinaryOperator);
            self.expression(both.span().byte_range(), mutants);
        }
        syn::visit::visit_expr_binary(self, both);
    }

    fn visit_expr_unary(&mut self, one: &'ast syn::ExprUnary) {
        let whole = one.span().byte_range();
        let mutants = self.take(whole.start, Genre::UnaryOperator);
        self.expression(whole, mutants);
        syn::visit::visit_expr_unary(self, one);
    }

    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        let fields = made.fields.iter().flat_map(|field| {
            self.at
                .remove(&(field.span().byte_range().start, key(Genre::StructField)))
                .unwrap_or_default()
        });
        let mutants = fields.collect();
        self.expression(made.span().byte_range(), mutants);
        syn::visit::visit_expr_struct(self, made);
    }

    fn visit_expr_match(&mut self, matched: &'ast syn::ExprMatch) {
        let last = matched.arms.last().map(|arm| &arm.pat);
        if !matches!(last, Some(syn::Pat::Wild(_) | syn::Pat::Ident(_))) {
            // An arm with a guard does not count as covering anything.
            for arm in &matched.arms {
                self.take(arm.span().byte_range().start, Genre::MatchArm);
            }
        }
        syn::visit::visit_expr_match(self, matched);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let pattern = arm.pat.span().byte_range();
        let gone = self.take(arm.span().byte_range().start, Genre::MatchArm);
        if let syn::Pat::Guard(syn::PatGuard { guard, .. }) = &arm.pat {
            let whole = guard.span().byte_range();
            let mutants = self.take(whole.start, Genre::MatchArmGuard);
            if !binds(guard) {
                self.depth += 1;
                for (number, ..) in gone {
                    self.insert(
                        whole.start,
                        true,
                        format!("!{} && (", on(number)),
                        vec![number],
                    );
                    self.insert(whole.end, false, ")".to_owned(), vec![number]);
                }
                self.expression(whole, mutants);
            }
        } else {
            for (number, ..) in gone {
                self.insert(
                    pattern.end,
                    true,
                    format!(" if !{}", on(number)),
                    vec![number],
                );
            }
        }
        syn::visit::visit_arm(self, arm);
    }
}
