"""Style sheet of the pages: what the theme has no setting for."""

STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; max-width: 84rem; }
[class*="st-key-cards-"] { display: grid !important; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); }
[class*="st-key-cards-"] > div { width: auto !important; min-width: 0; height: 100%; }
[class*="st-key-card-"] { height: 100%; background: #fff; padding: .75rem; gap: .5rem; }
div:has(> .st-key-kept) { display: none; }
.tile { display: flex; flex-direction: column; align-items: center; justify-content: center; border-radius: .4rem;
  aspect-ratio: 16 / 10; background-image: linear-gradient(160deg, #0000 40%, #0004); }
.tile span { font-size: 3.2rem; font-weight: 700; line-height: 1; font-family: Georgia, serif; }
.tile small { font-size: .8rem; letter-spacing: .12em; margin-top: .35rem; }
.movie { line-height: 1.3; overflow-wrap: anywhere; }
.movie b { display: block; }
.movie small { display: block; color: #6a5f57; margin-top: .15rem; }
.movie em { font-style: normal; background: #1f6f8b; color: #fff; border-radius: .3rem; padding: 0 .35rem;
  font-size: .75rem; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  [class*="st-key-cards-"] { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem; }
  [class*="st-key-card-"] { padding: .5rem; }
  .tile span { font-size: 2.4rem; }
}
</style>"""
