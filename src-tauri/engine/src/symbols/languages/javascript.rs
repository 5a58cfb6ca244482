//! JavaScript and TypeScript: one shape of tree, three grammars.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const JAVASCRIPT: Grammar = Grammar {
    languages: &["javascript"],
    parser: || tree_sitter_javascript::LANGUAGE.into(),
    rules: RULES,
    name_fields: NAME_FIELDS,
    leading: &["decorator"],
    prepare: None,
};

pub(super) const TYPESCRIPT: Grammar = Grammar {
    languages: &["typescript"],
    parser: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    ..JAVASCRIPT
};

pub(super) const TSX: Grammar = Grammar {
    languages: &["tsx"],
    parser: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    ..JAVASCRIPT
};

const NAME_FIELDS: &[&str] = &["name", "property", "function"];

const RULES: &[(&str, Rule)] = &[
    ("export_statement", Rule::Custom(export)),
    ("ambient_declaration", Rule::Wrap),
    ("lexical_declaration", Rule::Wrap),
    ("variable_declaration", Rule::Wrap),
    ("variable_declarator", Rule::Custom(variable)),
    ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
    ("generator_function_declaration", Rule::Define(S::Function, Name::Field("name"))),
    ("function_signature", Rule::Define(S::Declaration, Name::Field("name"))),
    ("class_declaration", Rule::Define(S::Class, Name::Field("name"))),
    ("abstract_class_declaration", Rule::Define(S::Class, Name::Field("name"))),
    ("method_definition", Rule::Custom(method)),
    ("method_signature", Rule::Define(S::Method, Name::Field("name"))),
    ("abstract_method_signature", Rule::Define(S::Method, Name::Field("name"))),
    ("field_definition", Rule::Custom(field)),
    ("public_field_definition", Rule::Custom(field)),
    ("property_signature", Rule::Custom(property_signature)),
    ("interface_declaration", Rule::Define(S::Interface, Name::Field("name"))),
    ("type_alias_declaration", Rule::Define(S::Type, Name::Field("name"))),
    ("enum_declaration", Rule::Define(S::Enum, Name::Field("name"))),
    ("enum_body", Rule::Custom(enum_members)),
    ("internal_module", Rule::Define(S::Namespace, Name::Field("name"))),
    ("module", Rule::Define(S::Module, Name::Whole("name"))),
    ("assignment_expression", Rule::Custom(assignment)),
    ("pair", Rule::Custom(pair)),
    ("arrow_function", Rule::Conceal),
    ("function_expression", Rule::Conceal),
    ("generator_function", Rule::Conceal),
    ("import_statement", Rule::Region(R::Import)),
    ("call_expression", Rule::Custom(call)),
    ("new_expression", Rule::Refer(R::Call, Name::Field("constructor"))),
    ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
    ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ("shorthand_property_identifier", Rule::Refer(R::Use, Name::Itself)),
    ("string", Rule::ImportPath),
    ("regex", Rule::Skip),
];

/// `export … from` is an import as well.
fn export(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if node.child_by_field_name("source").is_some() {
        walk.region(R::Import, node);
    } else {
        walk.wrap(node);
    }
    true
}

/// What a value makes of the name that it is given to.
fn kind_of_value(value: Option<Node<'_>>) -> Option<S> {
    match value?.kind() {
        "arrow_function" | "function_expression" | "generator_function" => Some(S::Function),
        "class" => Some(S::Class),
        _ => None,
    }
}

fn variable(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = node.child_by_field_name("name") else { return true };
    if name.kind() != "identifier" {
        return true;
    }
    let kind = kind_of_value(node.child_by_field_name("value"));
    let kind = kind.unwrap_or_else(|| {
        let is_const = node
            .parent()
            .and_then(|parent| parent.child_by_field_name("kind"))
            .is_some_and(|word| word.kind() == "const");
        if is_const { S::Constant } else { S::Variable }
    });
    walk.define(kind, name, node);
    true
}

fn method(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name").filter(is_plain) {
        let is_constructor = walk.text_of(name) == "constructor";
        walk.define(if is_constructor { S::Constructor } else { S::Method }, name, node);
    }
    true
}

/// A name that is written out, not computed.
fn is_plain(name: &Node<'_>) -> bool {
    name.kind() != "computed_property_name"
}

fn field(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"));
    if let Some(name) = name.filter(is_plain) {
        let kind = match kind_of_value(node.child_by_field_name("value")) {
            Some(S::Function) => S::Method,
            Some(kind) => kind,
            None => S::Field,
        };
        walk.define(kind, name, node);
    }
    true
}

/// Only an interface's own: the shape of a parameter is nobody's field.
fn property_signature(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name = node.child_by_field_name("name").filter(is_plain);
    if let Some(name) = name.filter(|_| walk.in_type()) {
        walk.define(S::Field, name, node);
    }
    true
}

fn enum_members(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    for member in node.named_children(&mut cursor) {
        let name = match member.kind() {
            "property_identifier" | "string" => Some(member),
            "enum_assignment" => member.child_by_field_name("name"),
            _ => None,
        };
        if let Some(name) = name {
            walk.define_leaf(S::EnumMember, name, member);
        }
    }
    true
}

/// A function or class that is given to a member: `exports.parse = function …`, also to an object's
/// prototype.
fn assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
    let Some(left) = left.filter(|left| left.kind() == "member_expression") else { return true };
    let Some(kind) = kind_of_value(right) else { return true };
    let (object, name) = (left.child_by_field_name("object"), left.child_by_field_name("property"));
    let (Some(object), Some(name)) = (object, name) else { return true };
    match walk.text_of(object) {
        "exports" | "module.exports" | "this" | "self" | "window" | "globalThis" => {}
        "module" => return true,
        object => {
            let object = object.strip_suffix(".prototype").unwrap_or(object);
            if object.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte)) {
                walk.contain(object);
            }
        }
    }
    walk.define(kind, name, node);
    true
}

/// A function that is a member of an object literal.
fn pair(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let kind = kind_of_value(node.child_by_field_name("value"));
    let key = node.child_by_field_name("key").filter(is_plain);
    if let (Some(kind), Some(key)) = (kind, key) {
        walk.define(if kind == S::Function { S::Method } else { kind }, key, node);
    }
    true
}

fn call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(function) = node.child_by_field_name("function") else { return true };
    if function.kind() == "import" || walk.text_of(function) == "require" {
        walk.region(R::Import, node);
    } else if let Some(name) = walk.tail(function) {
        walk.refer(R::Call, name);
    }
    true
}
