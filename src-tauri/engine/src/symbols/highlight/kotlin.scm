[(line_comment) (block_comment) (shebang)] @comment
[(string_literal) (multiline_string_literal) (character_literal)] @string
(interpolation) @none
(escape_sequence) @escape
[(number_literal) (float_literal)] @number
(user_type (identifier) @type)
(class_declaration name: (identifier) @type)
(object_declaration name: (identifier) @type)
(type_parameter (identifier) @type)
(function_declaration name: (identifier) @function)
(call_expression . (identifier) @function)
(call_expression . (navigation_expression (identifier) @function .))
(annotation) @attribute
[
  (class_modifier) (function_modifier) (inheritance_modifier) (member_modifier)
  (parameter_modifier) (platform_modifier) (property_modifier) (reification_modifier)
  (variance_modifier) (visibility_modifier) (this_expression) (super_expression)
] @keyword
[
  "as" "as?" "by" "catch" "class" "companion" "constructor" "do" "else" "enum" "finally" "for"
  "fun" "get" "if" "import" "in" "!in" "init" "interface" "is" "!is" "object" "package" "return"
  "return@" "set" "throw" "try" "typealias" "val" "var" "when" "where" "while"
] @keyword
