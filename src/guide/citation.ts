/** How to cite the method and the software, as BibTeX; CITATION.cff in the repository says the same. */
export function bibtex(version: string): string {
  return `@inproceedings{dar-etal-2023-analyzing,
  title     = {Analyzing Transformers in Embedding Space},
  author    = {Dar, Guy and Geva, Mor and Gupta, Ankit and Berant, Jonathan},
  booktitle = {Proceedings of the 61st Annual Meeting of the Association for Computational Linguistics
               (Volume 1: Long Papers)},
  year      = {2023},
  url       = {https://aclanthology.org/2023.acl-long.893}
}

@software{weightscope,
  title   = {weightscope: reading a transformer's weights as words},
  author  = {{The weightscope authors}},
  version = {${version}},
  license = {Apache-2.0}
}
`;
}
