(comment) @comment
[(quoted_template) (string_lit) (heredoc_template)] @string
(template_interpolation) @none
[(numeric_lit) (bool_lit) (null_lit)] @constant
(attribute . (identifier) @property)
(get_attr (identifier) @property)
(block . (identifier) @keyword)
(function_call . (identifier) @function)
["else" "endfor" "endif" "for" "if" "in"] @keyword
