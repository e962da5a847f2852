//! `const fn` without `const`, wherever the crate compiles without it: a switch is asked at run time.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use syn::{spanned::Spanned as _, visit::Visit};

/// Source texts by file, as long as before, of functions that no constant calls. Functions are told
/// apart by name only, so that too many may stay const.
pub fn removed(texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let mut found = Finder::default();
    for text in texts.values() {
        found.visit_file(&syn::parse_file(text)?);
    }
    let mut needed = found.in_constants;
    let mut open: Vec<String> = needed.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for called in found.called_by.get(&name).into_iter().flatten() {
            if needed.insert(called.clone()) {
                open.push(called.clone());
            }
        }
    }
    let without = |text: &String| -> Result<String> {
        let mut blanks = Blanks {
            needed: &needed,
            at: Vec::new(),
        };
        blanks.visit_file(&syn::parse_file(text)?);
        let mut text = text.clone();
        for start in blanks.at {
            text.replace_range(start..start + "const".len(), "     ");
        }
        Ok(text)
    };
    texts
        .iter()
        .map(|(file, text)| Ok((file.clone(), without(text)?)))
        .collect()
}

#[derive(Default)]
struct Finder {
    /// Every name in what is computed while compiling.
    in_constants: BTreeSet<String>,
    /// Every name in the const functions of a name.
    called_by: BTreeMap<String, BTreeSet<String>>,
    /// How many constants this is in.
    depth: usize,
    /// The const function this is in.
    function: Option<String>,
}

impl Finder {
    fn within(&mut self, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }

    fn function(&mut self, signature: &syn::Signature, visit: impl FnOnce(&mut Self)) {
        let name = (signature.constness.is_some()).then(|| signature.ident.to_string());
        let outer = std::mem::replace(&mut self.function, name);
        visit(self);
        self.function = outer;
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        if self.depth > 0 {
            self.in_constants.insert(ident.to_string());
        }
        if let Some(function) = &self.function {
            let called = self.called_by.entry(function.clone()).or_default();
            called.insert(ident.to_string());
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.within(|it| syn::visit::visit_item_const(it, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.within(|it| syn::visit::visit_impl_item_const(it, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        self.within(|it| syn::visit::visit_trait_item_const(it, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.within(|it| syn::visit::visit_item_static(it, item));
    }

    fn visit_expr_const(&mut self, expression: &'ast syn::ExprConst) {
        self.within(|it| syn::visit::visit_expr_const(it, expression));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.within(|it| syn::visit::visit_type_array(it, array));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, |it| syn::visit::visit_item_fn(it, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, |it| syn::visit::visit_impl_item_fn(it, item));
    }
}

/// Where a `const` need not stand.
struct Blanks<'a> {
    needed: &'a BTreeSet<String>,
    at: Vec<usize>,
}

impl<'ast> Visit<'ast> for Blanks<'_> {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Some(constness) = &signature.constness
            && !self.needed.contains(&signature.ident.to_string())
        {
            self.at.push(constness.span().byte_range().start);
        }
        syn::visit::visit_signature(self, signature);
    }
}
