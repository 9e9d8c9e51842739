"""Every word of the pages: `fields` declares the texts, `en` and `ko` hold them, one module for each page or part."""
