(comment) @comment
(description) @comment
(string_value) @string
[(int_value) (float_value) (boolean_value) (null_value) (enum_value)] @constant
(named_type) @type
(object_type_definition (name) @type)
(interface_type_definition (name) @type)
(input_object_type_definition (name) @type)
(enum_type_definition (name) @type)
(union_type_definition (name) @type)
(scalar_type_definition (name) @type)
(field_definition . (name) @property)
(input_value_definition . (name) @property)
(field (name) @property)
(operation_definition (name) @function)
(fragment_name) @function
(directive) @attribute
[
  "directive" "enum" "extend" "fragment" "implements" "input" "interface" "mutation" "on" "query"
  "repeatable" "scalar" "schema" "subscription" "type" "union"
] @keyword
